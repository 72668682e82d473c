package dev.homeport.lpc.transfer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the transports of both sides tell each other of sections, in a record of the queue:
 *
 * <pre>
 *  0                 4                 8                        16
 *  +-----------------+-----------------+-------------------------+
 *  |    operation    |     section     |         offset          |
 *  +-----------------+-----------------+-------------------------+
 * </pre>
 *
 * @param operation one of the constants
 * @param section number of the section
 * @param offset of a block, in bytes; 0 where the operation has none
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
