package dev.homeport.lpc.queue;

import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.spi.ProtocolViolation;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The writing side of a message queue. The queue lies in our own outbox; how far the peer has read stands
 * in the peer's, and is a claim that is checked. Not thread-safe: the port gives threads their turn.
 */
public final class QueueWriter {
    /** Bytes of the queue in which a writer that never found it full stays: small ones of a thousand fit a cache. */
    private static final int FIRST_LAP_BYTES = 512;

    private final MemorySegment own;
    private final ByteBuffer ownBytes;
    private final MemorySegment peer;
    private final int queueBytes;
    private final int mask;

    // All below is guarded by the port's turn to write.
    /** Position behind the last record. */
    private long tail;
    /** The peer's cursor as last read. */
    private long knownCursor;
    /** Bytes after which a lap may end; doubles when there is no room. */
    private int lapBytes;
    /** Offset in the ring from which on the next record asks whether the lap may end. */
    private int lapEnd;

    public QueueWriter(Outbox own, PeerOutbox peer) {
        this(own.segment(), own.buffer(), peer.segment(), own.queueBytes());
    }

    QueueWriter(MemorySegment own, ByteBuffer ownBytes, MemorySegment peer, int queueBytes) {
        this.own = own;
        this.ownBytes = ownBytes;
        this.peer = peer;
        this.queueBytes = queueBytes;
        this.mask = queueBytes - 1;
        this.lapBytes = Math.min(FIRST_LAP_BYTES, queueBytes);
        this.lapEnd = lapBytes;
    }

    /**
     * Writes and publishes a record. The caller then fences and looks whether the peer sleeps.
     *
     * @param kind KIND_FRAME or KIND_CONTROL
     * @return false if there is no room
     * @throws ProtocolViolation if the peer's cursor is where it cannot be
     */
    public boolean tryWrite(int kind, byte[] frame, int offset, int length) throws ProtocolViolation {
        int record = RecordLayout.recordBytes(length);
        int at = (int) tail & mask;
        int toEnd = queueBytes - at;
        int padding = record <= toEnd && (at < lapEnd || !endsLap(at, record)) ? 0 : toEnd;
        if (!hasRoom(padding + record)) {
            lapBytes = Math.min(2 * lapBytes, queueBytes);
            return false;
        }
        long end = tail + padding + record;
        if (padding != 0) {
            ownBytes.putLong(
                    OutboxLayout.QUEUE + at,
                    RecordLayout.header(padding - RecordLayout.HEADER_BYTES, RecordLayout.KIND_PADDING));
            at = 0;
        }
        if (at == 0) {
            lapEnd = lapBytes;
        }
        ownBytes.putLong(OutboxLayout.QUEUE + at, RecordLayout.header(length, kind));
        ownBytes.put(OutboxLayout.QUEUE + at + RecordLayout.HEADER_BYTES, frame, offset, length);
        tail = end;
        // Release: the record is written before the peer can see that it is there.
        Words.setLongRelease(own, OutboxLayout.TAIL, end);
        return true;
    }

    /** Position behind the last record. */
    public long tail() {
        return tail;
    }

    /**
     * Whether the ring is to begin anew, though its end is not reached: memory that was written a moment ago is in a
     * cache, and that of a thousand whole rings is not. Padding takes room until it is read, so that the peer must have
     * read nearly all.
     */
    private boolean endsLap(int at, int record) throws ProtocolViolation {
        lapEnd = at + lapBytes;
        return 2 * (tail - readCursor() + record) <= at;
    }

    private boolean hasRoom(int bytes) throws ProtocolViolation {
        return tail + bytes - knownCursor <= queueBytes || tail + bytes - readCursor() <= queueBytes;
    }

    /** Whether the queue is at most half full: what is enough to go on after a refusal. */
    public boolean isHalfEmpty() throws ProtocolViolation {
        return tail - readCursor() <= queueBytes / 2;
    }

    /**
     * The frames that the peer has not read, in their order. For a peer that reads no more: its cursor stands
     * still, and passed each record before anybody acted on it. Where the cursor is no record's begin, the peer
     * lied, and nothing is known.
     */
    public List<byte[]> unread() {
        List<byte[]> frames = new ArrayList<>();
        long at;
        try {
            at = readCursor();
        } catch (ProtocolViolation lied) {
            return List.of();
        }
        while (at != tail) {
            int offset = (int) at & mask;
            long header = (at & RecordLayout.ALIGNMENT - 1) != 0 ? 0 : ownBytes.getLong(OutboxLayout.QUEUE + offset);
            int length = (int) header;
            int kind = (int) (header >>> 32);
            int record = length < 0 || length > queueBytes ? 0 : RecordLayout.recordBytes(length);
            if (kind == 0 || record == 0 || record > queueBytes - offset || record > tail - at) {
                return List.of();
            }
            if (kind == RecordLayout.KIND_FRAME) {
                byte[] frame = new byte[length];
                ownBytes.get(OutboxLayout.QUEUE + offset + RecordLayout.HEADER_BYTES, frame, 0, length);
                frames.add(frame);
            }
            at += record;
        }
        return frames;
    }

    private long readCursor() throws ProtocolViolation {
        long cursor = Words.getLongAcquire(peer, OutboxLayout.CURSOR);
        if (cursor < knownCursor || cursor > tail) {
            throw new ProtocolViolation(
                    "cursor out of range: cursor=" + cursor + ", before=" + knownCursor + ", tail=" + tail);
        }
        knownCursor = cursor;
        return cursor;
    }
}
