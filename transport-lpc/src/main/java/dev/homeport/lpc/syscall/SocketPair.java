package dev.homeport.lpc.syscall;

/**
 * Two connected sockets without a name: {@code socketpair(2)}. Sequenced packets, so that a doorbell never
 * glues to the message with descriptors behind it; non-blocking; close-on-exec.
 *
 * @param error 0, or {@code -errno}; then the ends do not count
 * @param first one end, the caller's to close
 * @param second the other, likewise
 */
public record SocketPair(int error, int first, int second) {

    public static SocketPair create() {
        Scratch scratch = Scratch.ofThisThread();
        int type = UnixSocket.SOCK_SEQPACKET | Descriptors.O_NONBLOCK | Descriptors.O_CLOEXEC;
        int error = (int) Kernel.call(
                scratch, SyscallNumbers.SOCKETPAIR, UnixSocket.AF_UNIX, type, 0, scratch.arguments());
        return error < 0
                ? new SocketPair(error, -1, -1)
                : new SocketPair(0, scratch.getInt(0), scratch.getInt(4));
    }
}
