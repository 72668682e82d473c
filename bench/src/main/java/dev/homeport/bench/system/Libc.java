package dev.homeport.bench.system;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The few functions of libc that the limits and the accounts need. Apart from the product's own
 * {@code syscall} package on purpose: what is measured must not measure itself. Any thread.
 */
final class Libc {
    private static final int FUTEX = System.getProperty("os.arch").equals("aarch64") ? 98 : 202;
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;
    private static final int RUSAGE_SELF = 0;
    private static final int MFD_CLOEXEC = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle GETRUSAGE = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("getrusage"), FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle MEMFD_CREATE = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("memfd_create"), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

    private Libc() {}

    /** Waits while the word at the address is as expected; returns early for any other reason too. */
    static void futexWait(long address, int expected) {
        call(FUTEX, address, FUTEX_WAIT, Integer.toUnsignedLong(expected), 0);
    }

    /** Wakes who waits at the address, in whichever process. */
    static void futexWake(long address) {
        call(FUTEX, address, FUTEX_WAKE, 1, 0);
    }

    private static void call(int number, long a, long b, long c, long d) {
        try {
            long ignored = (long) SYSCALL.invokeExact((long) number, a, b, c, d);
        } catch (Throwable t) {
            throw new IllegalStateException("system call failed to run: number=" + number, t);
        }
    }

    /** Fills a {@code struct rusage} for this process. */
    static void getrusage(MemorySegment rusage) {
        try {
            int result = (int) GETRUSAGE.invokeExact(RUSAGE_SELF, rusage);
            if (result != 0) {
                throw new IllegalStateException("getrusage failed: result=" + result);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new IllegalStateException("getrusage failed to run", t);
        }
    }

    /** The descriptor of a new memory file. */
    static int memfd(String name) {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) MEMFD_CREATE.invokeExact(arena.allocateFrom(name), MFD_CLOEXEC);
            if (descriptor < 0) {
                throw new IllegalStateException("memfd_create failed: result=" + descriptor);
            }
            return descriptor;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new IllegalStateException("memfd_create failed to run", t);
        }
    }
}
