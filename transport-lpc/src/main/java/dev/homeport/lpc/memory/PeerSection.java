package dev.homeport.lpc.memory;

import java.lang.foreign.MemorySegment;

/**
 * Our read-only view of a section of the peer, who may write it at any time. Whoever calls {@link #close}
 * guarantees that no thread reads the memory any more, nor ever will.
 */
public final class PeerSection implements AutoCloseable {
    private final SealedMemory memory;
    private final long sizeBytes;

    private PeerSection(SealedMemory memory, long sizeBytes) {
        this.memory = memory;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Checks a descriptor from the peer and maps it.
     *
     * @param descriptor stays the caller's to close
     * @param sizeBytes what the peer said
     * @param own our outbox on the same connection, which must not come back as a section
     * @throws BadDescriptor with what is wrong; nothing is mapped then
     */
    public static PeerSection map(int descriptor, long sizeBytes, Outbox own) throws BadDescriptor {
        return new PeerSection(SealedMemory.view(descriptor, sizeBytes, own.memory()), sizeBytes);
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** The whole section, read-only. */
    public MemorySegment segment() {
        return memory.segment();
    }

    @Override
    public void close() {
        memory.unmap();
    }
}
