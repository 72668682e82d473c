package dev.homeport.lpc.syscall;

import java.lang.foreign.MemorySegment;

/**
 * Maps of files and plain memory: {@code mmap(2)}. Any thread. Who maps owns the map and must see that nobody reads it any
 * more before {@link #unmap}: the segments here have global scope, so that an access costs no liveness check and
 * closing costs no handshake with every thread.
 */
public final class Mmap {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MADV_HUGEPAGE = 14;
    private static final int NO_DESCRIPTOR = -1;

    private Mmap() {}

    /** Maps shared and read-only; returns the address or {@code -errno}. */
    public static long mapReadOnly(int descriptor, long sizeBytes) {
        return map(descriptor, sizeBytes, PROT_READ);
    }

    /** Maps shared, for reading and writing; returns the address or {@code -errno}. */
    public static long mapReadWrite(int descriptor, long sizeBytes) {
        return map(descriptor, sizeBytes, PROT_READ | PROT_WRITE);
    }

    /** Maps zeroed memory of this process alone, whose pages come when they are touched; the address or {@code -errno}. */
    public static long mapPrivate(long sizeBytes) {
        return map(NO_DESCRIPTOR, sizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    }

    /** Asks for huge pages, which make large copies cheaper. A kernel without them says {@code -EINVAL}: no harm. */
    public static int adviseHugePages(long address, long sizeBytes) {
        return (int) Kernel.call(SyscallNumbers.MADVISE, address, sizeBytes, MADV_HUGEPAGE, 0);
    }

    private static long map(int descriptor, long sizeBytes, int protection) {
        return map(descriptor, sizeBytes, protection, MAP_SHARED);
    }

    private static long map(int descriptor, long sizeBytes, int protection, int flags) {
        return Kernel.call(
                Scratch.ofThisThread(), SyscallNumbers.MMAP, 0, sizeBytes, protection, flags, descriptor, 0);
    }

    public static int unmap(long address, long sizeBytes) {
        return (int) Kernel.call(SyscallNumbers.MUNMAP, address, sizeBytes);
    }

    /** The bytes of a map. Whoever holds it after {@link #unmap} and touches it kills the process. */
    public static MemorySegment view(long address, long sizeBytes) {
        return MemorySegment.ofAddress(address).reinterpret(sizeBytes);
    }
}
