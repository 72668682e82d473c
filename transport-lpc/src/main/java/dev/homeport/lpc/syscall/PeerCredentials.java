package dev.homeport.lpc.syscall;

/**
 * The kernel's word on who is at the other end of a Unix-domain socket: {@code SO_PEERCRED}. On a connection
 * this is who connected or listened; on a socket pair only who made it.
 *
 * @param error 0, or {@code -errno}; then nothing else counts
 * @param pid may be of a process that is dead by now
 */
public record PeerCredentials(int error, int pid, int uid, int gid) {
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_PEERPIDFD = 77;

    public static PeerCredentials of(int socket) {
        Scratch scratch = Scratch.ofThisThread();
        int error = read(scratch, socket, SO_PEERCRED, 12);
        return error < 0
                ? new PeerCredentials(error, -1, -1, -1)
                : new PeerCredentials(0, scratch.getInt(0), scratch.getInt(4), scratch.getInt(8));
    }

    /** A descriptor of the peer's process, the caller's to close; {@code -ENOPROTOOPT} before Linux 6.5. */
    public static int pidfd(int socket) {
        Scratch scratch = Scratch.ofThisThread();
        int error = read(scratch, socket, SO_PEERPIDFD, 4);
        return error < 0 ? error : scratch.getInt(0);
    }

    /** Effective user id of this process. */
    public static int ownUid() {
        return (int) Kernel.call(SyscallNumbers.GETEUID, 0, 0);
    }

    /** Effective group id of this process. */
    public static int ownGid() {
        return (int) Kernel.call(SyscallNumbers.GETEGID, 0, 0);
    }

    private static int read(Scratch scratch, int socket, int option, int bytes) {
        scratch.putInt(16, bytes);
        long value = scratch.arguments();
        return (int) Kernel.call(
                scratch, SyscallNumbers.GETSOCKOPT, socket, SOL_SOCKET, option, value, value + 16, 0);
    }
}
