package dev.homeport.frame;

import dev.homeport.spi.ProtocolViolation;
import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Metadata as bytes. A block is a sequence of entries, in the order of keys and, for one key, of values:
 *
 * <pre>
 *  0            1                 3
 *  +------------+-----------------+------------+-------------+
 *  | name length|  value length   | name       | value       |
 *  |   uint8    |     uint16 *    | ASCII      | ASCII/bytes |
 *  +------------+-----------------+------------+-------------+
 *  * 0xffff: an int32 with the length follows the uint16
 * </pre>
 *
 * Values of names that end in {@code -bin} travel as they are; others are printable ASCII, as in HTTP/2,
 * and entries that are not are left out when writing, as gRPC does.
 */
public final class MetadataCodec {
    /** No metadata. */
    public static final byte[] NONE = {};

    /** What HTTP/2 adds to each entry when it counts sizes (RFC 9113, 6.5.2). */
    private static final int COUNTED_PER_ENTRY = 32;

    private static final int LONG_VALUE = 0xffff;
    private static final int MAX_NAME_BYTES = 0xff;

    private MetadataCodec() {}

    /** The metadata as a block, with an entry more for each of {@code path} and {@code authority} given. */
    public static byte[] encode(Metadata metadata, @Nullable String path, @Nullable String authority) {
        if (path == null && authority == null && metadata.keys().isEmpty()) {
            return NONE;
        }
        Block block = new Block();
        if (path != null) {
            block.add(FrameLayout.PATH_ENTRY, path.getBytes(StandardCharsets.UTF_8));
        }
        if (authority != null) {
            block.add(FrameLayout.AUTHORITY_ENTRY, authority.getBytes(StandardCharsets.UTF_8));
        }
        for (String name : metadata.keys()) {
            if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                addBinary(block, metadata, name);
            } else {
                addAscii(block, metadata, name);
            }
        }
        return block.toBytes();
    }

    private static void addBinary(Block block, Metadata metadata, String name) {
        Iterable<byte[]> values = metadata.getAll(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
        if (values != null) {
            values.forEach(value -> block.add(name, value));
        }
    }

    private static void addAscii(Block block, Metadata metadata, String name) {
        Iterable<String> values = metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        if (values == null) {
            return;
        }
        for (String value : values) {
            byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
            if (isPrintable(bytes, 0, bytes.length) && value.length() == bytes.length) {
                block.add(name, bytes);
            }
        }
    }

    /** Entries that are not for the application. */
    public record Special(@Nullable String path, @Nullable String authority) {
        static final Special NONE = new Special(null, null);
    }

    /**
     * Reads a block into {@code into}.
     *
     * @param at where the block begins in {@code bytes}; {@code length} its bytes
     * @throws ProtocolViolation if it is not a block
     */
    public static Special decode(byte[] bytes, int at, int length, Metadata into) throws ProtocolViolation {
        if (length == 0) {
            return Special.NONE;
        }
        String path = null;
        String authority = null;
        int position = at;
        int end = at + length;
        while (position < end) {
            int nameLength = bytes[position] & 0xff;
            int valueLength = position + 3 <= end ? Bytes.getUnsignedShort(bytes, position + 1) : -1;
            position += 3;
            if (valueLength == LONG_VALUE && position + 4 <= end) {
                valueLength = Bytes.getInt(bytes, position);
                position += 4;
            }
            if (nameLength == 0 || valueLength < 0 || (long) nameLength + valueLength > end - position) {
                throw new ProtocolViolation("metadata entry out of bounds: nameBytes=" + nameLength
                        + ", valueBytes=" + valueLength + ", leftBytes=" + (end - position));
            }
            String name = new String(bytes, position, nameLength, StandardCharsets.ISO_8859_1);
            int valueAt = position + nameLength;
            position = valueAt + valueLength;
            if (name.equals(FrameLayout.PATH_ENTRY)) {
                path = new String(bytes, valueAt, valueLength, StandardCharsets.UTF_8);
            } else if (name.equals(FrameLayout.AUTHORITY_ENTRY)) {
                authority = new String(bytes, valueAt, valueLength, StandardCharsets.UTF_8);
            } else {
                put(into, name, bytes, valueAt, valueLength);
            }
        }
        return new Special(path, authority);
    }

    private static void put(Metadata into, String name, byte[] bytes, int at, int length)
            throws ProtocolViolation {
        try {
            if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                into.put(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER),
                        Arrays.copyOfRange(bytes, at, at + length));
            } else if (isPrintable(bytes, at, length)) {
                into.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER),
                        new String(bytes, at, length, StandardCharsets.US_ASCII));
            } else {
                throw new ProtocolViolation("metadata value is not printable ASCII: name=" + name);
            }
        } catch (IllegalArgumentException e) {
            throw new ProtocolViolation("metadata name not allowed: " + e.getMessage());
        }
    }

    /** The size of a block's entries as HTTP/2 counts it, for {@code maxInboundMetadataSize}. */
    public static int countedSize(byte[] block, int at, int length) {
        int counted = 0;
        int position = at;
        int end = at + length;
        while (position + 3 <= end) {
            int nameLength = block[position] & 0xff;
            int valueLength = Bytes.getUnsignedShort(block, position + 1);
            position += 3;
            if (valueLength == LONG_VALUE && position + 4 <= end) {
                valueLength = Bytes.getInt(block, position);
                position += 4;
            }
            if (valueLength < 0 || valueLength > end - position) {
                return Integer.MAX_VALUE;
            }
            counted += nameLength + valueLength + COUNTED_PER_ENTRY;
            position += nameLength + valueLength;
        }
        return counted;
    }

    private static boolean isPrintable(byte[] bytes, int at, int length) {
        for (int i = at; i < at + length; i++) {
            if (bytes[i] < 0x20 || bytes[i] > 0x7e) {
                return false;
            }
        }
        return true;
    }

    /** A block that grows. */
    private static final class Block {
        private byte[] bytes = new byte[256];
        private int length;

        void add(String name, byte[] value) {
            byte[] nameBytes = name.getBytes(StandardCharsets.ISO_8859_1);
            if (nameBytes.length > MAX_NAME_BYTES) {
                throw new IllegalArgumentException("metadata name too long: bytes=" + nameBytes.length
                        + ", maxBytes=" + MAX_NAME_BYTES);
            }
            int needed = 7 + nameBytes.length + value.length;
            if (length + needed > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + needed));
            }
            bytes[length] = (byte) nameBytes.length;
            boolean isLong = value.length >= LONG_VALUE;
            Bytes.putShort(bytes, length + 1, isLong ? LONG_VALUE : value.length);
            length += 3;
            if (isLong) {
                Bytes.putInt(bytes, length, value.length);
                length += 4;
            }
            System.arraycopy(nameBytes, 0, bytes, length, nameBytes.length);
            length += nameBytes.length;
            System.arraycopy(value, 0, bytes, length, value.length);
            length += value.length;
        }

        byte[] toBytes() {
            return length == 0 ? NONE : Arrays.copyOf(bytes, length);
        }
    }
}
