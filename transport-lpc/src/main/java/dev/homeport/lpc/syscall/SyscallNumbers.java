package dev.homeport.lpc.syscall;

/**
 * Numbers of the system calls, as in the kernel's {@code arch/x86/entry/syscalls/syscall_64.tbl} and
 * {@code include/uapi/asm-generic/unistd.h} (aarch64). Constants only. Numbers rather than the names of
 * libc, as libc may be older than the kernel (futex_waitv has no wrapper at all), and every name costs a
 * linked stub at start.
 */
final class SyscallNumbers {
    private static final boolean X86_64 = isX86(System.getProperty("os.arch", ""));

    static final int CLOSE = of(3, 57);
    static final int MMAP = of(9, 222);
    static final int MUNMAP = of(11, 215);
    static final int MADVISE = of(28, 233);
    static final int CONNECT = of(42, 203);
    static final int SENDTO = of(44, 206);
    static final int RECVFROM = of(45, 207);
    static final int SENDMSG = of(46, 211);
    static final int RECVMSG = of(47, 212);
    static final int SHUTDOWN = of(48, 210);
    static final int BIND = of(49, 200);
    static final int LISTEN = of(50, 201);
    static final int SOCKET = of(41, 198);
    static final int SOCKETPAIR = of(53, 199);
    static final int SETSOCKOPT = of(54, 208);
    static final int GETSOCKOPT = of(55, 209);
    static final int FCNTL = of(72, 25);
    static final int FLOCK = of(73, 32);
    static final int FTRUNCATE = of(77, 46);
    static final int READ = of(0, 63);
    static final int WRITE = of(1, 64);
    static final int GETRUSAGE = of(98, 165);
    static final int GETEUID = of(107, 175);
    static final int GETEGID = of(108, 177);
    static final int FSTATFS = of(138, 44);
    static final int PRCTL = of(157, 167);
    static final int FUTEX = of(202, 98);
    static final int CLOCK_GETTIME = of(228, 113);
    static final int EPOLL_CTL = of(233, 21);
    static final int OPENAT = of(257, 56);
    static final int PPOLL = of(271, 73);
    static final int EPOLL_PWAIT = of(281, 22);
    static final int FALLOCATE = of(285, 47);
    static final int ACCEPT4 = of(288, 242);
    static final int EVENTFD2 = of(290, 19);
    static final int EPOLL_CREATE1 = of(291, 20);
    static final int PROCESS_VM_READV = of(310, 270);
    static final int PROCESS_VM_WRITEV = of(311, 271);
    static final int MEMFD_CREATE = of(319, 279);
    static final int STATX = of(332, 291);
    // From 424 on the numbers are the same everywhere.
    static final int PIDFD_OPEN = 434;
    static final int EPOLL_PWAIT2 = 441;
    static final int FUTEX_WAITV = 449;

    private SyscallNumbers() {}

    static boolean knows(String osArch) {
        return isX86(osArch) || osArch.equals("aarch64");
    }

    static boolean isX86() {
        return X86_64;
    }

    private static boolean isX86(String osArch) {
        return osArch.equals("amd64") || osArch.equals("x86_64");
    }

    private static int of(int x86, int aarch64) {
        return X86_64 ? x86 : aarch64;
    }
}
