package dev.homeport.lpc.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Our read-only view of the peer's outbox, see {@link OutboxLayout}. The peer writes it at any time: read a word
 * once, check, use what was read. Owned by the connection. Any thread may use the accessors. Whoever calls
 * {@link #close} guarantees that no thread reads the memory any more, nor ever will: an access after it
 * kills the process.
 */
public final class PeerOutbox implements AutoCloseable {
    private final int queueBytes;
    private final SealedMemory memory;
    private final ByteBuffer buffer;

    private PeerOutbox(int queueBytes, SealedMemory memory) {
        this.queueBytes = queueBytes;
        this.memory = memory;
        // Order is lost by asReadOnlyBuffer, so set last. The segment is read-only already, and so is this.
        this.buffer = memory.segment().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Checks a descriptor from the peer and maps it.
     *
     * @param descriptor stays the caller's to close; not needed after this
     * @param queueBytes what the peer said at set-up; checked here
     * @param own our outbox on the same connection, which must not come back as the peer's
     * @throws BadDescriptor with what is wrong; nothing is mapped then
     */
    public static PeerOutbox map(int descriptor, int queueBytes, Outbox own) throws BadDescriptor {
        if (!OutboxLayout.isQueueBytes(queueBytes)) {
            throw new BadDescriptor(
                    BadDescriptor.Kind.WRONG_SIZE, "no size of a queue: queueBytes=" + queueBytes);
        }
        SealedMemory memory =
                SealedMemory.view(descriptor, OutboxLayout.outboxBytes(queueBytes), own.memory());
        long magic = memory.segment().get(ValueLayout.JAVA_LONG, OutboxLayout.MAGIC);
        if (magic != OutboxLayout.MAGIC_VALUE) {
            memory.unmap();
            throw new BadDescriptor(BadDescriptor.Kind.WRONG_MAGIC, "magic=0x" + Long.toHexString(magic));
        }
        return new PeerOutbox(queueBytes, memory);
    }

    public int queueBytes() {
        return queueBytes;
    }

    /** The whole outbox, read-only. */
    public MemorySegment segment() {
        return memory.segment();
    }

    /** The whole outbox, read-only, little-endian. Its position and limit are never moved: use absolute access. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Where it is mapped; for futexes, which work through a read-only map. */
    public long address() {
        return memory.address();
    }

    /** Unmaps. Quiet when done twice; see the class for what the caller guarantees. */
    @Override
    public void close() {
        memory.unmap();
    }
}
