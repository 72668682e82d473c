package dev.homeport.lpc.syscall;

/**
 * Leave for one other process to read and write this one's memory where Yama would refuse it:
 * {@code prctl(PR_SET_PTRACER)}. One process at a time; a later call replaces an earlier one.
 */
public final class Ptracer {
    private static final int PR_SET_PTRACER = 0x59616d61;

    private Ptracer() {}

    /** Returns 0, or {@code -EINVAL} where there is no Yama and so nothing to allow. */
    public static int allow(int pid) {
        return (int) Kernel.call(SyscallNumbers.PRCTL, PR_SET_PTRACER, pid, 0, 0);
    }
}
