package dev.homeport.lpc.syscall;

import java.lang.ref.Reference;

/**
 * Waiting for many descriptors: {@code epoll(7)}. Any thread may add and remove; only platform threads
 * wait. The caller owns the epoll descriptor.
 */
public final class Epoll {
    /** Something to read, or the end. */
    public static final int IN = 1;
    /** Room to write. */
    public static final int OUT = 4;
    /** An error; always watched. */
    public static final int ERR = 8;
    /** Both directions are shut; always watched. */
    public static final int HUP = 0x10;
    /** The peer shut its writing direction. */
    public static final int RDHUP = 0x2000;
    /** One event, then disarmed until modified. */
    public static final int ONESHOT = 1 << 30;
    /** Changes only. */
    public static final int EDGE = 1 << 31;

    private static final int CTL_ADD = 1;
    private static final int CTL_DEL = 2;
    private static final int CTL_MOD = 3;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int SIGSET_BYTES = 8;

    /** Since Linux 5.11; a filter may refuse it. Racy only in that two threads may find out at once. */
    private static volatile boolean hasNanos = true;

    private Epoll() {}

    public static int create() {
        return (int) Kernel.call(SyscallNumbers.EPOLL_CREATE1, Descriptors.O_CLOEXEC, 0);
    }

    /** @param data given back with each event */
    public static int add(int epoll, int descriptor, int events, long data) {
        return control(epoll, CTL_ADD, descriptor, events, data);
    }

    public static int modify(int epoll, int descriptor, int events, long data) {
        return control(epoll, CTL_MOD, descriptor, events, data);
    }

    public static int remove(int epoll, int descriptor) {
        return control(epoll, CTL_DEL, descriptor, 0, 0);
    }

    private static int control(int epoll, int operation, int descriptor, int events, long data) {
        Scratch scratch = Scratch.ofThisThread();
        scratch.putInt(0, events);
        EpollEvents.putData(scratch, data);
        return (int) Kernel.call(
                scratch, SyscallNumbers.EPOLL_CTL, epoll, operation, descriptor, scratch.arguments());
    }

    /**
     * Waits for events. Returns how many, 0 when the time is over, or {@code -EINTR}.
     *
     * @param timeoutNanos from now; 0 does not wait, {@link Long#MAX_VALUE} has no limit
     */
    public static int await(int epoll, EpollEvents events, long timeoutNanos) {
        int count = hasNanos ? awaitNanos(epoll, events, timeoutNanos) : awaitMillis(epoll, events, timeoutNanos);
        if (count == -Errno.ENOSYS || count == -Errno.EPERM) {
            hasNanos = false;
            count = awaitMillis(epoll, events, timeoutNanos);
        }
        Reference.reachabilityFence(events);
        return count;
    }

    private static int awaitNanos(int epoll, EpollEvents events, long timeoutNanos) {
        Scratch scratch = Scratch.ofThisThread();
        long timespec = scratch.timespec(timeoutNanos);
        int number = SyscallNumbers.EPOLL_PWAIT2;
        return timeoutNanos == 0
                ? (int) Kernel.call(
                        scratch, number, epoll, events.address(), events.capacity(), timespec, 0, SIGSET_BYTES)
                : (int) Kernel.await(
                        scratch, number, epoll, events.address(), events.capacity(), timespec, 0, SIGSET_BYTES);
    }

    // Rounds up, so that a wait is never shorter than asked for.
    static int awaitMillis(int epoll, EpollEvents events, long timeoutNanos) {
        long millis = timeoutNanos / NANOS_PER_MILLI + (timeoutNanos % NANOS_PER_MILLI > 0 ? 1 : 0);
        long limit = timeoutNanos == Long.MAX_VALUE ? -1 : Math.min(Integer.MAX_VALUE, millis);
        Scratch scratch = Scratch.ofThisThread();
        return (int) Kernel.await(
                scratch,
                SyscallNumbers.EPOLL_PWAIT,
                epoll,
                events.address(),
                events.capacity(),
                limit,
                0,
                SIGSET_BYTES);
    }
}
