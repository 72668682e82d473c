package dev.homeport.lpc.syscall;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A thread's own piece of native memory for errno and small arguments, so that the hot calls allocate
 * nothing. Its content means something only within one method of this package. Freed with its thread.
 *
 * <pre>
 *   0  errno (int32), written by the linker      64  arguments, up to {@link #ARGUMENTS_BYTES}
 *  16  timespec (seconds int64, nanos int64)
 * </pre>
 */
final class Scratch {
    static final int TIMESPEC = 16;
    static final int ARGUMENTS = 64;
    static final int ARGUMENTS_BYTES = 448;

    private static final ThreadLocal<Scratch> CURRENT = ThreadLocal.withInitial(Scratch::new);
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    final MemorySegment memory = Arena.ofAuto().allocate(ARGUMENTS + ARGUMENTS_BYTES, 64);
    private final long address = memory.address();

    private Scratch() {}

    static Scratch ofThisThread() {
        return CURRENT.get();
    }

    int errno() {
        return memory.get(JAVA_INT, 0);
    }

    /** Address of the arguments. */
    long arguments() {
        return address + ARGUMENTS;
    }

    /** The arguments as memory, all bytes zero. */
    MemorySegment clearedArguments(int bytes) {
        return memory.asSlice(ARGUMENTS, bytes).fill((byte) 0);
    }

    void putInt(int offset, int value) {
        memory.set(JAVA_INT, ARGUMENTS + offset, value);
    }

    int getInt(int offset) {
        return memory.get(JAVA_INT, ARGUMENTS + offset);
    }

    void putLong(int offset, long value) {
        memory.set(JAVA_LONG, ARGUMENTS + offset, value);
    }

    long getLong(int offset) {
        return memory.get(JAVA_LONG, ARGUMENTS + offset);
    }

    /** Writes a timespec and returns its address; 0, the kernel's "no limit", for {@link Long#MAX_VALUE}. */
    long timespec(long nanos) {
        if (nanos == Long.MAX_VALUE) {
            return 0;
        }
        long positive = Math.max(0, nanos);
        memory.set(JAVA_LONG, TIMESPEC, positive / NANOS_PER_SECOND);
        memory.set(JAVA_LONG, TIMESPEC + 8, positive % NANOS_PER_SECOND);
        return address + TIMESPEC;
    }

    long timespecNanos() {
        return memory.get(JAVA_LONG, TIMESPEC) * NANOS_PER_SECOND + memory.get(JAVA_LONG, TIMESPEC + 8);
    }
}
