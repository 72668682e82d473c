package dev.homeport.lpc.syscall;

/**
 * Waiting for a 32-bit word of memory to change: {@code futex(2)}, {@code futex_waitv}. Any thread may wake;
 * only platform threads wait. Words are shared between processes where nothing else is said, and never
 * {@code FUTEX_PRIVATE} then: a private wake wakes nobody in another process. A word that only threads of this process
 * wait for is private: the kernel need not look up which page it lies on.
 */
public final class Futex {
    /** Wakes all who wait. */
    public static final int ALL = Integer.MAX_VALUE;

    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;
    private static final int FUTEX_32 = 2;
    private static final int FUTEX_PRIVATE = 128;
    private static final int CLOCK_MONOTONIC = 1;
    private static final int WAITER_BYTES = 24;
    private static final boolean HAS_WAIT_ANY = probe();

    private Futex() {}

    // With no waiters the call is invalid where it exists.
    private static boolean probe() {
        return Kernel.call(SyscallNumbers.FUTEX_WAITV, 0, 0, 0, 0) == -Errno.EINVAL;
    }

    /** Whether this kernel, and the filter over this process, have {@code futex_waitv}. */
    public static boolean hasWaitAny() {
        return HAS_WAIT_ANY;
    }

    /** Wakes up to so many who wait on a word; returns how many. The word may be in a read-only map. */
    public static int wake(long address, int count) {
        return (int) Kernel.call(SyscallNumbers.FUTEX, address, FUTEX_WAKE, count, 0);
    }

    /**
     * Waits while the word is as expected. Returns 0 when woken, {@code -EAGAIN} if it differs already,
     * {@code -ETIMEDOUT}, or {@code -EINTR}; may also be woken for nothing.
     *
     * @param timeoutNanos from now; {@link Long#MAX_VALUE} for no limit
     */
    public static int await(long address, int expected, long timeoutNanos) {
        Scratch scratch = Scratch.ofThisThread();
        return (int) Kernel.await(
                scratch,
                SyscallNumbers.FUTEX,
                address,
                FUTEX_WAIT,
                Integer.toUnsignedLong(expected),
                scratch.timespec(timeoutNanos),
                0,
                0);
    }

    /** Wakes all who wait on a word of this process alone; returns how many. */
    public static int wakePrivate(long address) {
        return (int) Kernel.call(SyscallNumbers.FUTEX, address, FUTEX_WAKE | FUTEX_PRIVATE, ALL, 0);
    }

    /**
     * Waits while both words are as expected. Returns the index of the word that woke, or as {@link #await}.
     *
     * @param ownAddress word of this process alone, for {@link #wakePrivate}
     * @param deadlineNanos {@link System#nanoTime} to end at; {@link Long#MAX_VALUE} for no limit
     */
    public static int awaitAny(long address, int expected, long ownAddress, int expectedOwn, long deadlineNanos) {
        Scratch scratch = Scratch.ofThisThread();
        putWaiter(scratch, 0, address, expected, FUTEX_32);
        putWaiter(scratch, 1, ownAddress, expectedOwn, FUTEX_32 | FUTEX_PRIVATE);
        return awaitAny(scratch, 2, deadlineNanos);
    }

    /** The same for two shared words and one of this process alone, whose index is 1. */
    public static int awaitAny(
            long address1,
            int expected1,
            long ownAddress,
            int expectedOwn,
            long address2,
            int expected2,
            long deadlineNanos) {
        Scratch scratch = Scratch.ofThisThread();
        putWaiter(scratch, 0, address1, expected1, FUTEX_32);
        putWaiter(scratch, 1, ownAddress, expectedOwn, FUTEX_32 | FUTEX_PRIVATE);
        putWaiter(scratch, 2, address2, expected2, FUTEX_32);
        return awaitAny(scratch, 3, deadlineNanos);
    }

    private static int awaitAny(Scratch scratch, int words, long deadlineNanos) {
        long timespec = scratch.timespec(MonotonicClock.kernelNanos(deadlineNanos));
        return (int) Kernel.await(
                scratch, SyscallNumbers.FUTEX_WAITV, scratch.arguments(), words, 0, timespec, CLOCK_MONOTONIC, 0);
    }

    /** Fills a {@code struct futex_waitv}: value int64, address int64, flags int32, reserved int32. */
    private static void putWaiter(Scratch scratch, int index, long address, int expected, int flags) {
        int offset = index * WAITER_BYTES;
        scratch.putLong(offset, Integer.toUnsignedLong(expected));
        scratch.putLong(offset + 8, address);
        scratch.putInt(offset + 16, flags);
        scratch.putInt(offset + 20, 0);
    }
}
