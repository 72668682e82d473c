package dev.homeport.lpc.syscall;

/**
 * A lock on an open file, held until its last descriptor is closed, also by death: {@code flock(2)}. Unlike the
 * locks of {@link java.nio.channels.FileChannel} it is not lost when the process closes the same file elsewhere.
 */
public final class Flock {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;

    private Flock() {}

    /** Takes the lock; {@code -EAGAIN} if another open file has it. */
    public static int tryLock(int descriptor) {
        return (int) Kernel.call(SyscallNumbers.FLOCK, descriptor, LOCK_EX | LOCK_NB);
    }
}
