package dev.homeport.lpc.queue;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.spi.ProtocolViolation;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The outboxes of a connection in plain memory, and what the product writes and reads them with. */
final class TwoOutboxes {
    static final byte[] FRAME = new byte[32];
    private static final int QUEUE_BYTES = 256;
    private static final int LONGS_OF_WORDS = 128;

    private final MemorySegment sender = MemorySegment.ofArray(new long[LONGS_OF_WORDS]);
    private final MemorySegment receiver = MemorySegment.ofArray(new long[LONGS_OF_WORDS]);
    // Apart from the words: a view as bytes is had of an array of bytes only, atomic access to one of longs.
    private final ByteBuffer records =
            ByteBuffer.allocate(OutboxLayout.QUEUE + QUEUE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    final QueueWriter writer = new QueueWriter(sender, records, receiver, QUEUE_BYTES);
    final QueueReader reader = new QueueReader(receiver, sender, records, QUEUE_BYTES);
    final WakeWords sendersWords = new WakeWords(sender, receiver);
    final WakeWords receiversWords = new WakeWords(receiver, sender);
    private final byte[] into = new byte[QUEUE_BYTES];

    boolean write() {
        try {
            return writer.tryWrite(RecordLayout.KIND_FRAME, FRAME, 0, FRAME.length);
        } catch (ProtocolViolation e) {
            throw new AssertionError(e);
        }
    }

    void fill() {
        while (write()) {
            Thread.onSpinWait();
        }
    }

    boolean isThereMore() {
        try {
            return reader.hasMore();
        } catch (ProtocolViolation e) {
            throw new AssertionError(e);
        }
    }

    boolean isThereRoom() {
        try {
            return writer.isHalfEmpty();
        } catch (ProtocolViolation e) {
            throw new AssertionError(e);
        }
    }

    /** Whether there was a frame. */
    boolean read() {
        try {
            return reader.tryRead(into) != QueueReader.EMPTY;
        } catch (ProtocolViolation e) {
            throw new AssertionError(e);
        }
    }
}
