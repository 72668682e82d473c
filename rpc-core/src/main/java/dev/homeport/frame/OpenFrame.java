package dev.homeport.frame;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.spi.ProtocolViolation;

/** The fixed part of an OPEN frame, checked: the parts add up to the frame. */
public record OpenFrame(
        int flags, int call, int method, int metadataLength, int messageLength, int parent, long timeoutNanos) {
    private static final int KNOWN_FLAGS = FLAG_MESSAGE | FLAG_HALF_CLOSE | FLAG_FRAGMENTED | FLAG_BODY;

    public static OpenFrame read(byte[] frame, int length) throws ProtocolViolation {
        if (length < OPEN_BYTES) {
            throw new ProtocolViolation("OPEN too short: lengthBytes=" + length);
        }
        OpenFrame open = new OpenFrame(
                FrameHeader.flags(frame),
                FrameHeader.call(frame),
                Bytes.getInt(frame, OPEN_METHOD),
                Bytes.getInt(frame, OPEN_METADATA_LENGTH),
                Bytes.getInt(frame, OPEN_MESSAGE_LENGTH),
                Bytes.getInt(frame, OPEN_PARENT),
                Bytes.getLong(frame, OPEN_TIMEOUT));
        if (!open.isConsistent(length)) {
            throw new ProtocolViolation("OPEN malformed: lengthBytes=" + length + ", " + open);
        }
        return open;
    }

    private boolean isConsistent(int length) {
        boolean whole = !has(FLAG_FRAGMENTED);
        return (flags & ~KNOWN_FLAGS) == 0
                && areCompatible(flags)
                && call >= 0
                && method >= METHOD_BY_NAME
                && (metadataLength | messageLength) >= 0
                && (has(FLAG_MESSAGE) || messageLength == 0 && !has(FLAG_BODY))
                && parent >= NO_PARENT
                && timeoutNanos > 0
                && (whole ? totalBytes() == length : totalBytes() > length);
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    public long totalBytes() {
        return (long) OPEN_BYTES + metadataLength + messageBytes(flags, messageLength);
    }

    public int messageAt() {
        return OPEN_BYTES + metadataLength;
    }
}
