package dev.homeport.lpc.syscall;

/** How often the scheduler took this thread's processor from it: {@code getrusage(2)} of the thread, {@code ru_nivcsw}. */
public final class Preemptions {
    private static final int RUSAGE_THREAD = 1;
    /** Two timevals and 13 longs stand before it. */
    private static final int NIVCSW = 2 * 16 + 13 * 8;

    private Preemptions() {}

    /** So far; a number that does not change if the kernel does not tell. A system call. */
    public static long ofThisThread() {
        Scratch scratch = Scratch.ofThisThread();
        long result = Kernel.call(scratch, SyscallNumbers.GETRUSAGE, RUSAGE_THREAD, scratch.arguments(), 0, 0);
        return result < 0 ? 0 : scratch.getLong(NIVCSW);
    }
}
