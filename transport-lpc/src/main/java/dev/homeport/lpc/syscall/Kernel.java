package dev.homeport.lpc.syscall;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/**
 * The one door into the kernel: libc's {@code syscall}, which takes everything as a machine word. Used by
 * this package only; any thread. Neither call is {@code critical}: a thread in a critical call holds up every
 * garbage collection.
 */
final class Kernel {
    private static final MethodHandle SYSCALL = link();

    private Kernel() {}

    private static MethodHandle link() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(1));
    }

    /** A call that waits for nobody. Returns its value or {@code -errno}. */
    static long call(Scratch scratch, int number, long a, long b, long c, long d, long e, long f) {
        try {
            long result = (long) SYSCALL.invokeExact(scratch.memory, (long) number, a, b, c, d, e, f);
            return result == -1 ? -scratch.errno() : result;
        } catch (Throwable thrown) {
            throw new IllegalStateException("system call failed to run: number=" + number, thrown);
        }
    }

    static long call(Scratch scratch, int number, long a, long b, long c, long d) {
        return call(scratch, number, a, b, c, d, 0, 0);
    }

    static long call(int number, long a, long b, long c, long d) {
        return call(Scratch.ofThisThread(), number, a, b, c, d, 0, 0);
    }

    static long call(int number, long a, long b) {
        return call(Scratch.ofThisThread(), number, a, b, 0, 0, 0, 0);
    }

    /** A call that may hold its thread. Returns its value or {@code -errno}. */
    static long await(Scratch scratch, int number, long a, long b, long c, long d, long e, long f) {
        VirtualThreadGuard.beforeWaiting(number);
        return call(scratch, number, a, b, c, d, e, f);
    }
}
