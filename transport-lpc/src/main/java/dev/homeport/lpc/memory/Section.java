package dev.homeport.lpc.memory;

import dev.homeport.lpc.syscall.Descriptors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A section of ours: memory for large messages that we write and the peer can only read. Has no layout of its
 * own; who allocates in it knows what is where. Whoever calls {@link #close} guarantees that no thread writes
 * the memory any more, nor ever will.
 */
public final class Section implements AutoCloseable {
    private static final int NO_DESCRIPTOR = -1;

    private final SealedMemory memory;
    private final long sizeBytes;
    private final AtomicInteger descriptor;

    private Section(long sizeBytes, SealedMemory.Created created) {
        this.sizeBytes = sizeBytes;
        this.memory = created.memory();
        this.descriptor = new AtomicInteger(created.descriptor());
    }

    /**
     * Makes a section with all its pages, sealed and ready to be sent.
     *
     * @throws IOException if there is no memory or no descriptor left
     */
    public static Section create(long sizeBytes) throws IOException {
        return new Section(sizeBytes, SealedMemory.create("homeport-section", sizeBytes, start -> {}));
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** The whole section, writable. */
    public MemorySegment segment() {
        return memory.segment();
    }

    /** The descriptor to send; stays owned by this section. */
    public int descriptor() {
        return descriptor.get();
    }

    /** Closes the descriptor once it was sent; the map stays. Quiet when done twice. */
    public void closeDescriptor() {
        int open = descriptor.getAndSet(NO_DESCRIPTOR);
        if (open != NO_DESCRIPTOR) {
            Descriptors.close(open);
        }
    }

    @Override
    public void close() {
        closeDescriptor();
        memory.unmap();
    }
}
