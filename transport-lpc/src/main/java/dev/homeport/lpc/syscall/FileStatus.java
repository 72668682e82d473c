package dev.homeport.lpc.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the kernel says of a file: {@code statx(2)}, whose structure is the same on every architecture.
 *
 * @param error 0, or {@code -errno}; then nothing else counts
 * @param mode type and permissions, as in {@code st_mode}
 * @param deviceId its file system
 * @param allocatedBytes bytes of memory or disk behind it
 */
public record FileStatus(
        int error, int mode, int uid, int gid, long inode, long deviceId, long sizeBytes, long allocatedBytes) {
    private static final int STRUCT_BYTES = 256;
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int TYPE_MASK = 0xf000;
    private static final long TMPFS_MAGIC = 0x01021994;
    private static final int STATFS_BYTES = 120;
    private static final long BLOCK_BYTES = 512;

    /** Status of an open file. */
    public static FileStatus ofDescriptor(int descriptor) {
        return of(descriptor, "", AT_EMPTY_PATH);
    }

    /** Status of a path; of the link itself if its last component is a symbolic link. */
    public static FileStatus ofPathNoFollow(String path) {
        return of(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
    }

    private static FileStatus of(int directory, String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment struct = arena.allocate(STRUCT_BYTES, 8);
            int result = (int) Kernel.call(
                    Scratch.ofThisThread(),
                    SyscallNumbers.STATX,
                    directory,
                    arena.allocateFrom(path).address(),
                    flags,
                    STATX_BASIC_STATS,
                    struct.address(),
                    0);
            return result < 0 ? new FileStatus(result, 0, -1, -1, 0, 0, 0, 0) : parse(struct);
        }
    }

    private static FileStatus parse(MemorySegment struct) {
        long major = Integer.toUnsignedLong(struct.get(ValueLayout.JAVA_INT, 136));
        long minor = Integer.toUnsignedLong(struct.get(ValueLayout.JAVA_INT, 140));
        return new FileStatus(
                0,
                Short.toUnsignedInt(struct.get(ValueLayout.JAVA_SHORT, 28)),
                struct.get(ValueLayout.JAVA_INT, 20),
                struct.get(ValueLayout.JAVA_INT, 24),
                struct.get(ValueLayout.JAVA_LONG, 32),
                major << 32 | minor,
                struct.get(ValueLayout.JAVA_LONG, 40),
                struct.get(ValueLayout.JAVA_LONG, 48) * BLOCK_BYTES);
    }

    public boolean isRegularFile() {
        return (mode & TYPE_MASK) == 0x8000;
    }

    public boolean isDirectory() {
        return (mode & TYPE_MASK) == 0x4000;
    }

    public boolean isSymbolicLink() {
        return (mode & TYPE_MASK) == 0xa000;
    }

    public boolean isSocket() {
        return (mode & TYPE_MASK) == 0xc000;
    }

    /** Permissions alone, sticky and set-id bits included. */
    public int permissions() {
        return mode & 0xfff;
    }

    /** The kind of file in one word, for messages. */
    public String kind() {
        return switch (mode & TYPE_MASK) {
            case 0x1000 -> "pipe";
            case 0x2000 -> "character device";
            case 0x4000 -> "directory";
            case 0x6000 -> "block device";
            case 0x8000 -> "regular file";
            case 0xa000 -> "symbolic link";
            case 0xc000 -> "socket";
            default -> "unknown kind";
        };
    }

    /** Whether both are one file. */
    public boolean isSameFile(FileStatus other) {
        return error == 0 && other.error == 0 && inode == other.inode && deviceId == other.deviceId;
    }

    /** Whether an open file lives in memory of ordinary pages: neither on a disk nor in huge pages. */
    public static boolean isInPlainMemory(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment struct = arena.allocate(STATFS_BYTES, 8);
            return Kernel.call(SyscallNumbers.FSTATFS, descriptor, struct.address()) == 0
                    && struct.get(ValueLayout.JAVA_LONG, 0) == TMPFS_MAGIC;
        }
    }
}
