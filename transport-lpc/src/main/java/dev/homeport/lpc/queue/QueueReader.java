package dev.homeport.lpc.queue;

import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.spi.ProtocolViolation;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The reading side of a message queue, which lies in the peer's outbox and is written by the peer at any
 * time: a record's header is read once, checked, and then only what was read is used; the frame is copied
 * into private memory before anybody looks at it. Not thread-safe: guarded by the turn to read.
 */
public final class QueueReader {
    /** What {@link #tryRead} returns when there is nothing. */
    public static final int EMPTY = -1;

    private final MemorySegment peer;
    private final ByteBuffer peerBytes;
    private final MemorySegment own;
    private final int queueBytes;
    private final int mask;
    private final int maxFrameBytes;

    /** Position up to which records have been read. */
    private long cursor;
    /** What the peer has been told of it. */
    private long publishedCursor;
    /** The peer's tail as last read. */
    private long knownTail;

    private int lastKind;

    public QueueReader(Outbox own, PeerOutbox peer) {
        this(own.segment(), peer.segment(), peer.buffer(), peer.queueBytes());
    }

    QueueReader(MemorySegment own, MemorySegment peer, ByteBuffer peerBytes, int queueBytes) {
        this.own = own;
        this.peer = peer;
        this.peerBytes = peerBytes;
        this.queueBytes = queueBytes;
        this.mask = queueBytes - 1;
        this.maxFrameBytes = RecordLayout.maxFrameBytes(queueBytes);
    }

    /** Kind of the record that {@link #tryRead} returned last. */
    public int lastKind() {
        return lastKind;
    }

    /**
     * Copies the next frame or control record.
     *
     * @param into at least as long as the longest frame
     * @return its length, or {@link #EMPTY}
     * @throws ProtocolViolation if there is no record where the peer says there is
     */
    public int tryRead(byte[] into) throws ProtocolViolation {
        while (cursor != knownTail || hasMore()) {
            int at = (int) cursor & mask;
            long header = peerBytes.getLong(OutboxLayout.QUEUE + at);
            int length = (int) header;
            int kind = (int) (header >>> 32);
            int record = check(at, length, kind);
            cursor += record;
            if (kind != RecordLayout.KIND_PADDING) {
                lastKind = kind;
                peerBytes.get(OutboxLayout.QUEUE + at + RecordLayout.HEADER_BYTES, into, 0, length);
                return length;
            }
        }
        return EMPTY;
    }

    /** Bytes of the record, of which everything has been checked. */
    private int check(int at, int length, int kind) throws ProtocolViolation {
        boolean padding = kind == RecordLayout.KIND_PADDING;
        int max = padding ? queueBytes : maxFrameBytes;
        if (length < 0 || length > max || !padding && !isKnown(kind)) {
            throw malformed(at, length, kind);
        }
        int record = RecordLayout.recordBytes(length);
        if (record > queueBytes - at || record > knownTail - cursor || padding && record != queueBytes - at) {
            throw malformed(at, length, kind);
        }
        return record;
    }

    private static boolean isKnown(int kind) {
        return kind == RecordLayout.KIND_FRAME || kind == RecordLayout.KIND_CONTROL;
    }

    private ProtocolViolation malformed(int at, int length, int kind) {
        return new ProtocolViolation("record malformed: lengthBytes=" + length + ", kind=" + kind + ", at=" + at
                + ", availableBytes=" + (knownTail - cursor));
    }

    /** Whether the peer has published more than was read. Looks at the peer's tail. */
    public boolean hasMore() throws ProtocolViolation {
        // Acquire: what the tail covers is there when the tail is seen.
        long tail = Words.getLongAcquire(peer, OutboxLayout.TAIL);
        if (tail < knownTail || tail - cursor > queueBytes || (tail & RecordLayout.ALIGNMENT - 1) != 0) {
            throw new ProtocolViolation(
                    "tail out of range: tail=" + tail + ", before=" + knownTail + ", cursor=" + cursor);
        }
        knownTail = tail;
        return tail != cursor;
    }

    /** Position up to which records have been read. */
    public long cursor() {
        return cursor;
    }

    /** The low word of the tail as last read: what a futex expects there. */
    public int knownTailWord() {
        return (int) knownTail;
    }

    /**
     * Tells the peer how far we have read.
     *
     * @return whether that was news
     */
    public boolean publishCursor() {
        if (publishedCursor == cursor) {
            return false;
        }
        publishedCursor = cursor;
        // Release: the copy out of the ring is done before the peer may write there again.
        Words.setLongRelease(own, OutboxLayout.CURSOR, cursor);
        return true;
    }

    /** Whether at most half of the peer's queue is unread: when a peer that waits for room is told. */
    public boolean isHalfRead() {
        return knownTail - cursor <= queueBytes / 2;
    }
}
