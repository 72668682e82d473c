package dev.homeport.lpc.syscall;

import java.lang.foreign.MemorySegment;

/**
 * Maps of files: {@code mmap(2)}. Any thread. Who maps owns the map and must see that nobody reads it any
 * more before {@link #unmap}: the segments here have global scope, so that an access costs no liveness check and
 * closing costs no handshake with every thread.
 */
public final class Mmap {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;

    private Mmap() {}

    /** Maps shared and read-only; returns the address or {@code -errno}. */
    public static long mapReadOnly(int descriptor, long sizeBytes) {
        return map(descriptor, sizeBytes, PROT_READ);
    }

    /** Maps shared, for reading and writing; returns the address or {@code -errno}. */
    public static long mapReadWrite(int descriptor, long sizeBytes) {
        return map(descriptor, sizeBytes, PROT_READ | PROT_WRITE);
    }

    private static long map(int descriptor, long sizeBytes, int protection) {
        return Kernel.call(
                Scratch.ofThisThread(), SyscallNumbers.MMAP, 0, sizeBytes, protection, MAP_SHARED, descriptor, 0);
    }

    public static int unmap(long address, long sizeBytes) {
        return (int) Kernel.call(SyscallNumbers.MUNMAP, address, sizeBytes);
    }

    /** The bytes of a map. Whoever holds it after {@link #unmap} and touches it kills the process. */
    public static MemorySegment view(long address, long sizeBytes) {
        return MemorySegment.ofAddress(address).reinterpret(sizeBytes);
    }
}
