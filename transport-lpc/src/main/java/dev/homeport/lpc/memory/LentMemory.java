package dev.homeport.lpc.memory;

import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Mmap;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Memory of our own, off the heap, that is lent to the peer for one large message at a time: the peer reads or
 * writes it from its own process. Whoever calls {@link #close} guarantees that no thread of ours touches it any
 * more, and that the peer does not either.
 *
 * <p>Huge pages where the kernel has them: with 4 KiB pages the kernel finds and pins each page by itself, and a
 * read from another process takes 22.4 instead of 8.4 ms for 128 MiB (2026-11-23, Linux 6.18, windows of 256 KiB).
 */
public final class LentMemory implements AutoCloseable {
    private final long address;
    private final long sizeBytes;
    private final MemorySegment segment;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LentMemory(long address, long sizeBytes) {
        this.address = address;
        this.sizeBytes = sizeBytes;
        this.segment = Mmap.view(address, sizeBytes);
    }

    /**
     * Maps memory. Its pages come when they are first written.
     *
     * @throws IOException if there is no address space left
     */
    public static LentMemory create(long sizeBytes) throws IOException {
        long address = Mmap.mapPrivate(sizeBytes);
        if (address < 0) {
            throw new IOException(
                    "no memory to lend: mmap gives " + Errno.name(address) + ", sizeBytes=" + sizeBytes);
        }
        Mmap.adviseHugePages(address, sizeBytes);
        return new LentMemory(address, sizeBytes);
    }

    public long address() {
        return address;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** The whole of it, writable. */
    public MemorySegment segment() {
        return segment;
    }

    /** Quiet when done twice. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Mmap.unmap(address, sizeBytes);
        }
    }
}
