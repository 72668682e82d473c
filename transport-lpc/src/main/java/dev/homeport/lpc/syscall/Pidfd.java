package dev.homeport.lpc.syscall;

/** A process by descriptor, which unlike its number is never given to another: {@code pidfd_open(2)}. */
public final class Pidfd {
    private Pidfd() {}

    /** A descriptor of a process, close-on-exec, the caller's to close; {@code -ESRCH} if it is gone. */
    public static int open(int pid) {
        return (int) Kernel.call(SyscallNumbers.PIDFD_OPEN, pid, 0);
    }

    /** Whether the process still runs. Does not wait. */
    public static boolean isAlive(int pidfd) {
        int result = Poll.await(pidfd, Poll.IN, 0);
        while (result == -Errno.EINTR) {
            result = Poll.await(pidfd, Poll.IN, 0);
        }
        return result == 0;
    }
}
