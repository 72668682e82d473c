package dev.homeport.lpc.transfer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the transports of both sides tell each other of sections and lent memory, in a record of the queue:
 *
 * <pre>
 *  0                 4                 8                        16
 *  +-----------------+-----------------+-------------------------+
 *  |    operation    |     section     |         offset          |
 *  +-----------------+-----------------+-------------------------+
 * </pre>
 *
 * @param operation one of the constants
 * @param section number of the section, {@link #DIRECT}, or number of a wish
 * @param offset of a block, in bytes, or an address; 0 where the operation has none
 */
public record ControlRecord(int operation, int section, long offset) {
    /** The reader has mapped the section; blocks in it may be named from now on. */
    public static final int READY = 1;
    /** The reader does not map the section; it is as if it had not been sent. */
    public static final int REFUSED = 2;
    /** The reader is done with a block. */
    public static final int RELEASE = 3;
    /** The writer has given the section up; no block of it is in use. */
    public static final int GONE = 4;

    /** Server to client: wishes to be lent memory for a reply. The number of the wish, and how many bytes. */
    public static final int WISH = 5;
    /** Client to server: the wish of that number is granted, at that address. */
    public static final int LENT = 6;
    /** Client to server: the wish of that number is not granted. */
    public static final int NOT_LENT = 7;
    /** Server to client: lent memory, by its address, in which no reply comes. */
    public static final int UNUSED = 8;
    /** Server to client: memory of the client's could not be reached; nothing goes direct any more. */
    public static final int UNREACHABLE = 9;

    /**
     * In the place of a section's number, here and in references of frames: not a section but memory of the client,
     * and the offset is its address there.
     */
    public static final int DIRECT = -1;

    public static final int BYTES = 16;

    public byte[] toBytes() {
        return ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(operation).putInt(section).putLong(offset).array();
    }

    public static ControlRecord read(byte[] record) {
        ByteBuffer bytes = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
        return new ControlRecord(bytes.getInt(), bytes.getInt(), bytes.getLong());
    }
}
