package dev.homeport.lpc.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** File descriptors: open, close, duplicate, flags. Any thread; who opens or duplicates one owns it. */
public final class Descriptors {
    /** For reading. */
    public static final int O_RDONLY = 0;
    /** For writing. */
    public static final int O_WRONLY = 1;
    /** For both. */
    public static final int O_RDWR = 2;
    /** Make the file if there is none. */
    public static final int O_CREAT = 0x40;
    /** Every write goes to the end, wherever another descriptor of the file has been. */
    public static final int O_APPEND = 0x400;
    /** Never wait. */
    public static final int O_NONBLOCK = 0x800;
    /** Not inherited by programs this process starts. */
    public static final int O_CLOEXEC = 0x80000;

    private static final int O_NOFOLLOW = SyscallNumbers.isX86() ? 0x20000 : 0x8000;
    private static final int AT_FDCWD = -100;
    private static final int O_ACCMODE = 3;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;

    private Descriptors() {}

    /** Opens a file that must not be a symbolic link; always close-on-exec. */
    public static int openNoFollow(String path, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) Kernel.call(
                    SyscallNumbers.OPENAT,
                    AT_FDCWD,
                    arena.allocateFrom(path).address(),
                    flags | O_CLOEXEC | O_NOFOLLOW,
                    mode);
        }
    }

    /** Closes; never twice, as the number may be somebody else's by then. */
    public static int close(int descriptor) {
        return (int) Kernel.call(SyscallNumbers.CLOSE, descriptor, 0);
    }

    /** A second descriptor of the same open file, close-on-exec. */
    public static int duplicate(int descriptor) {
        return (int) Kernel.call(SyscallNumbers.FCNTL, descriptor, F_DUPFD_CLOEXEC, 0, 0);
    }

    /** Whether it may be read from; {@code -errno} if that cannot be told. */
    public static int isReadable(int descriptor) {
        long flags = Kernel.call(SyscallNumbers.FCNTL, descriptor, F_GETFL, 0, 0);
        return flags < 0 ? (int) flags : (flags & O_ACCMODE) == O_WRONLY ? 0 : 1;
    }

    public static int setNonBlocking(int descriptor) {
        long flags = Kernel.call(SyscallNumbers.FCNTL, descriptor, F_GETFL, 0, 0);
        return flags < 0
                ? (int) flags
                : (int) Kernel.call(SyscallNumbers.FCNTL, descriptor, F_SETFL, flags | O_NONBLOCK, 0);
    }

    /** Writes bytes to a file or pipe; returns how many. */
    public static int write(int descriptor, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(Math.max(1, bytes.length));
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
            return (int) Kernel.call(SyscallNumbers.WRITE, descriptor, copy.address(), bytes.length, 0);
        }
    }
}
