package dev.homeport.lpc.syscall;

import java.lang.foreign.Arena;

/** Anonymous memory files and their seals: {@code memfd_create(2)}. Any thread; the caller owns the descriptor. */
public final class Memfd {
    /** Nobody may add seals. */
    public static final int SEAL_SEAL = 1;
    /** Nobody may make it smaller. */
    public static final int SEAL_SHRINK = 2;
    /** Nobody may make it larger. */
    public static final int SEAL_GROW = 4;
    /** No write and no writable map from now on; maps that are writable already stay so. */
    public static final int SEAL_FUTURE_WRITE = 16;

    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int MFD_HUGETLB = 4;
    private static final int MFD_NOEXEC_SEAL = 8;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;

    private Memfd() {}

    /** A new, empty, sealable memory file, close-on-exec and not executable where the kernel knows that. */
    public static int create(String name) {
        int descriptor = create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
        // Unknown before Linux 6.3.
        return descriptor == -Errno.EINVAL ? create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : descriptor;
    }

    /** One that can never be sealed. */
    static int createUnsealable(String name) {
        return create(name, MFD_CLOEXEC);
    }

    /** One made of huge pages. */
    static int createHuge(String name) {
        return create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
    }

    private static int create(String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) Kernel.call(
                    SyscallNumbers.MEMFD_CREATE, arena.allocateFrom(name).address(), flags, 0, 0);
        }
    }

    /** Sets the size; new bytes are zero and not yet there. */
    public static int truncate(int descriptor, long sizeBytes) {
        return (int) Kernel.call(SyscallNumbers.FTRUNCATE, descriptor, sizeBytes);
    }

    /** Sets the size, if larger, and has the kernel provide every page now. */
    public static int allocate(int descriptor, long sizeBytes) {
        return (int) Kernel.call(SyscallNumbers.FALLOCATE, descriptor, 0, 0, sizeBytes);
    }

    public static int addSeals(int descriptor, int seals) {
        return (int) Kernel.call(SyscallNumbers.FCNTL, descriptor, F_ADD_SEALS, seals, 0);
    }

    /** The seals, or {@code -EINVAL} for what is no memory file. */
    public static int seals(int descriptor) {
        return (int) Kernel.call(SyscallNumbers.FCNTL, descriptor, F_GET_SEALS, 0, 0);
    }
}
