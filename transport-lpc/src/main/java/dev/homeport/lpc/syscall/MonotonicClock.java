package dev.homeport.lpc.syscall;

/**
 * The kernel's {@code CLOCK_MONOTONIC} in terms of {@link System#nanoTime}, which is that clock on HotSpot
 * but is not promised to be. Any thread.
 */
final class MonotonicClock {
    private static final int CLOCK_MONOTONIC = 1;
    private static final int TRIES = 8;
    private static final long OFFSET_NANOS = measure();

    private MonotonicClock() {}

    /** The kernel's time at a {@link System#nanoTime}; {@link Long#MAX_VALUE} stays "never". */
    static long kernelNanos(long deadlineNanos) {
        return deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos + OFFSET_NANOS;
    }

    // The tightest of a few readings: this thread may lose its processor between the two clocks.
    private static long measure() {
        long bestWidth = Long.MAX_VALUE;
        long offset = 0;
        Scratch scratch = Scratch.ofThisThread();
        long timespec = scratch.timespec(0);
        for (int i = 0; i < TRIES; i++) {
            long before = System.nanoTime();
            Kernel.call(scratch, SyscallNumbers.CLOCK_GETTIME, CLOCK_MONOTONIC, timespec, 0, 0);
            long width = System.nanoTime() - before;
            if (width < bestWidth) {
                bestWidth = width;
                offset = scratch.timespecNanos() - before - width / 2;
            }
        }
        return offset;
    }
}
