package dev.homeport.lpc.transfer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The packet on the socket pair that brings a section's descriptor. Longer than a doorbell, so that the two
 * cannot be mistaken.
 *
 * <pre>
 *  0                 4                 8                        16
 *  +-----------------+-----------------+-------------------------+
 *  |   "SECT" magic  |     section     |       size, bytes       |   + one descriptor
 *  +-----------------+-----------------+-------------------------+
 * </pre>
 */
public record Announcement(int section, long sizeBytes) {
    public static final int BYTES = 16;
    private static final int MAGIC = 0x54434553;

    public byte[] toBytes() {
        return ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC).putInt(section).putLong(sizeBytes).array();
    }

    /** Whether a packet of this length and content is one. */
    public static boolean isOne(byte[] packet, int lengthBytes) {
        return lengthBytes == BYTES
                && ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN).getInt() == MAGIC;
    }

    public static Announcement read(byte[] packet) {
        ByteBuffer bytes = ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN);
        bytes.getInt();
        return new Announcement(bytes.getInt(), bytes.getLong());
    }
}
