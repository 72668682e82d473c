package dev.homeport.lpc.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

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
    private static final int SO_PEERGROUPS = 59;
    private static final int SO_PEERPIDFD = 77;
    private static final int USUAL_GROUPS = 64;
    /** The kernel's own bound. */
    private static final int MAX_GROUPS = 65_536;

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

    /**
     * Supplementary groups of who connected or listened: {@code SO_PEERGROUPS}, since Linux 4.13. Empty if the
     * kernel does not tell.
     */
    public static List<Integer> groups(int socket) {
        int bytes = Integer.BYTES * USUAL_GROUPS;
        while (true) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment groups = arena.allocate(bytes, Integer.BYTES);
                MemorySegment length = arena.allocate(ValueLayout.JAVA_INT);
                length.set(ValueLayout.JAVA_INT, 0, bytes);
                int error = (int) Kernel.call(
                        Scratch.ofThisThread(), SyscallNumbers.GETSOCKOPT, socket, SOL_SOCKET, SO_PEERGROUPS,
                        groups.address(), length.address(), 0);
                int told = length.get(ValueLayout.JAVA_INT, 0);
                if (error == -Errno.ERANGE && told > bytes && told <= Integer.BYTES * MAX_GROUPS) {
                    bytes = told;
                    continue;
                }
                return error < 0 ? List.of() : list(groups.asSlice(0, told));
            }
        }
    }

    private static List<Integer> list(MemorySegment groups) {
        return Arrays.stream(groups.toArray(ValueLayout.JAVA_INT)).boxed().toList();
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
