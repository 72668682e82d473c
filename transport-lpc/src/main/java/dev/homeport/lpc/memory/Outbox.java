package dev.homeport.lpc.memory;

import dev.homeport.lpc.syscall.Descriptors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * This side's outbox: the memory that we write and the peer can only read, see {@link OutboxLayout}. Owned by
 * the connection. Any thread may use the accessors. Whoever calls {@link #close} guarantees that no thread
 * touches the memory any more, nor ever will: an access after it kills the process.
 */
public final class Outbox implements AutoCloseable {
    private static final int NO_DESCRIPTOR = -1;

    private final int queueBytes;
    private final SealedMemory memory;
    private final ByteBuffer buffer;
    /** Open until the peer has its copy. */
    private final AtomicInteger descriptor;

    private Outbox(int queueBytes, SealedMemory.Created created) {
        this.queueBytes = queueBytes;
        this.memory = created.memory();
        this.descriptor = new AtomicInteger(created.descriptor());
        this.buffer = memory.segment().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Makes an outbox with all its pages and an empty queue, sealed and ready to be sent.
     *
     * @param queueBytes a power of two within the bounds of {@link OutboxLayout}
     * @throws IOException if there is no memory or no descriptor left
     */
    public static Outbox create(int queueBytes) throws IOException {
        if (!OutboxLayout.isQueueBytes(queueBytes)) {
            throw new IllegalArgumentException("no size of a queue: queueBytes=" + queueBytes);
        }
        long sizeBytes = OutboxLayout.outboxBytes(queueBytes);
        return new Outbox(
                queueBytes, SealedMemory.create("homeport-outbox", sizeBytes, start -> begin(start, queueBytes)));
    }

    private static void begin(MemorySegment outbox, int queueBytes) {
        outbox.set(ValueLayout.JAVA_INT, OutboxLayout.QUEUE_BYTES, queueBytes);
        outbox.set(ValueLayout.JAVA_INT, OutboxLayout.CPU, OutboxLayout.CPU_UNKNOWN);
        outbox.set(ValueLayout.JAVA_LONG, OutboxLayout.MAGIC, OutboxLayout.MAGIC_VALUE);
    }

    public int queueBytes() {
        return queueBytes;
    }

    /** The whole outbox, writable. */
    public MemorySegment segment() {
        return memory.segment();
    }

    /** The whole outbox, writable, little-endian. Its position and limit are never moved: use absolute access. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Where it is mapped; for futexes. */
    public long address() {
        return memory.address();
    }

    /** The descriptor to send; stays owned by this outbox. */
    public int descriptor() {
        int open = descriptor.get();
        if (open == NO_DESCRIPTOR) {
            throw new IllegalStateException("the descriptor of this outbox is closed already");
        }
        return open;
    }

    /** Closes the descriptor once it was sent; the map stays. Quiet when done twice. */
    public void closeDescriptor() {
        int open = descriptor.getAndSet(NO_DESCRIPTOR);
        if (open != NO_DESCRIPTOR) {
            Descriptors.close(open);
        }
    }

    SealedMemory memory() {
        return memory;
    }

    /** Unmaps. Quiet when done twice; see the class for what the caller guarantees. */
    @Override
    public void close() {
        closeDescriptor();
        memory.unmap();
    }
}
