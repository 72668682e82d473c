package dev.homeport.lpc.syscall;

/** A counter one can wait for: {@code eventfd(2)}, non-blocking, close-on-exec. Any thread. */
public final class EventFd {
    private EventFd() {}

    public static int create() {
        return (int) Kernel.call(
                SyscallNumbers.EVENTFD2, 0, Descriptors.O_CLOEXEC | Descriptors.O_NONBLOCK);
    }

    /** Makes it readable. */
    public static int signal(int descriptor) {
        Scratch scratch = Scratch.ofThisThread();
        scratch.putLong(0, 1);
        return (int) Kernel.call(scratch, SyscallNumbers.WRITE, descriptor, scratch.arguments(), 8, 0);
    }

    /** Makes it unreadable again; {@code -EAGAIN} if it was. */
    public static int drain(int descriptor) {
        Scratch scratch = Scratch.ofThisThread();
        return (int) Kernel.call(scratch, SyscallNumbers.READ, descriptor, scratch.arguments(), 8, 0);
    }
}
