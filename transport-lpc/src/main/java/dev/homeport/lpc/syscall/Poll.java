package dev.homeport.lpc.syscall;

/** Waiting for one descriptor: {@code ppoll(2)}. Platform threads only, unless the time is 0. */
public final class Poll {
    /** Something to read, or the end. */
    public static final int IN = 1;
    /** Room to write. */
    public static final int OUT = 4;

    private Poll() {}

    /** Waits; returns what happened (with error and hang-up bits), 0 when the time is over, or {@code -EINTR}. */
    public static int await(int descriptor, int events, long timeoutNanos) {
        Scratch scratch = Scratch.ofThisThread();
        scratch.putInt(0, descriptor);
        scratch.putInt(4, events); // int16 events, then int16 results, which are zeroed by it
        long timespec = scratch.timespec(timeoutNanos);
        long result = timeoutNanos <= 0
                ? Kernel.call(scratch, SyscallNumbers.PPOLL, scratch.arguments(), 1, timespec, 0, 8, 0)
                : Kernel.await(scratch, SyscallNumbers.PPOLL, scratch.arguments(), 1, timespec, 0, 8, 0);
        return result <= 0 ? (int) result : scratch.getInt(4) >>> 16;
    }
}
