package dev.homeport.frame;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.spi.ProtocolViolation;

/**
 * The fixed part of a REPLY frame, checked: the parts add up to the frame and none is there without its
 * flag. Read once from private memory.
 */
public record ReplyFrame(
        int flags, int code, int headersLength, int messageLength, int descriptionLength, int trailersLength) {
    private static final int KNOWN_FLAGS =
            FLAG_MESSAGE | FLAG_HEADERS | FLAG_STATUS | FLAG_REFUSED | FLAG_FRAGMENTED | FLAG_BODY;

    public static ReplyFrame read(byte[] frame, int length) throws ProtocolViolation {
        if (length < REPLY_BYTES) {
            throw new ProtocolViolation("REPLY too short: lengthBytes=" + length);
        }
        ReplyFrame reply = new ReplyFrame(
                FrameHeader.flags(frame),
                FrameHeader.code(frame),
                Bytes.getInt(frame, REPLY_HEADERS_LENGTH),
                Bytes.getInt(frame, REPLY_MESSAGE_LENGTH),
                Bytes.getInt(frame, REPLY_DESCRIPTION_LENGTH),
                Bytes.getInt(frame, REPLY_TRAILERS_LENGTH));
        if (!reply.isConsistent(length)) {
            throw new ProtocolViolation("REPLY malformed: lengthBytes=" + length + ", " + reply);
        }
        return reply;
    }

    private boolean isConsistent(int length) {
        boolean whole = !has(FLAG_FRAGMENTED);
        return (flags & ~KNOWN_FLAGS) == 0
                && areCompatible(flags)
                && (headersLength | messageLength | descriptionLength | trailersLength) >= 0
                && (has(FLAG_HEADERS) || headersLength == 0)
                && (has(FLAG_MESSAGE) || messageLength == 0 && !has(FLAG_BODY))
                && (has(FLAG_STATUS) ? code <= LAST_CODE : (code | descriptionLength | trailersLength) == 0)
                && descriptionLength <= MAX_DESCRIPTION_BYTES
                && (whole ? totalBytes() == length : totalBytes() > length);
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** Bytes of the frame when all pieces have arrived. */
    public long totalBytes() {
        return (long) REPLY_BYTES + headersLength + messageBytes(flags, messageLength) + descriptionLength
                + trailersLength;
    }

    public int messageAt() {
        return REPLY_BYTES + headersLength;
    }

    public int descriptionAt() {
        return messageAt() + messageBytes(flags, messageLength);
    }

    public int trailersAt() {
        return descriptionAt() + descriptionLength;
    }
}
