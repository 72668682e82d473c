package dev.homeport.lpc.queue;

/**
 * A record of the message queue. Records begin at multiples of 8 and never wrap: what is left at the end of
 * the ring and too short for the next record is filled by a padding record.
 *
 * <pre>
 *  0                 4                 8
 *  +-----------------+-----------------+-------------------------+ - - - -+
 *  |  length int32   |   kind int32    |  length bytes of frame  | to 8   |
 *  +-----------------+-----------------+-------------------------+ - - - -+
 * </pre>
 */
public final class RecordLayout {
    /** Bytes before the frame. Read and written as one little-endian int64. */
    public static final int HEADER_BYTES = 8;
    /** Alignment of records, in bytes. */
    public static final int ALIGNMENT = 8;
    /** Kind: a frame; the length counts it without the header. */
    public static final int KIND_FRAME = 1;
    /** Kind: nothing up to the end of the ring; the length counts what follows the header. */
    public static final int KIND_PADDING = 2;

    /** Kind: word from one transport to the other; the engine does not see it. */
    public static final int KIND_CONTROL = 3;

    private RecordLayout() {}

    /** Bytes that a record with so many bytes of frame takes in the ring. */
    public static int recordBytes(int frameBytes) {
        return frameBytes + HEADER_BYTES + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** The header as one number. */
    public static long header(int lengthBytes, int kind) {
        return Integer.toUnsignedLong(lengthBytes) | (long) kind << 32;
    }

    /**
     * Longest frame for a ring of so many bytes: a quarter, so that a frame always fits a ring half empty,
     * padding included.
     */
    public static int maxFrameBytes(int queueBytes) {
        return Math.min(MAX_FRAME_BYTES, queueBytes / 4 - HEADER_BYTES);
    }

    /** Longest frame in any ring, in bytes: what a thread copies under the turn stays below a microsecond or so. */
    public static final int MAX_FRAME_BYTES = 8 * 1024 - HEADER_BYTES;
}
