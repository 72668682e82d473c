package dev.homeport.frame;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.spi.ProtocolViolation;

/** The fixed part of a DATA frame, checked. */
public record DataFrame(int flags, int messageLength) {
    private static final int KNOWN_FLAGS = FLAG_MESSAGE | FLAG_HALF_CLOSE | FLAG_FRAGMENTED | FLAG_BODY;

    public static DataFrame read(byte[] frame, int length) throws ProtocolViolation {
        if (length < DATA_BYTES) {
            throw new ProtocolViolation("DATA too short: lengthBytes=" + length);
        }
        DataFrame data = new DataFrame(FrameHeader.flags(frame), Bytes.getInt(frame, DATA_MESSAGE_LENGTH));
        boolean whole = !data.has(FLAG_FRAGMENTED);
        if ((data.flags & ~KNOWN_FLAGS) != 0
                || !areCompatible(data.flags)
                || data.messageLength < 0
                || !data.has(FLAG_MESSAGE) && (data.messageLength != 0 || data.has(FLAG_BODY))
                || (whole ? data.totalBytes() != length : data.totalBytes() <= length)) {
            throw new ProtocolViolation("DATA malformed: lengthBytes=" + length + ", " + data);
        }
        return data;
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    public long totalBytes() {
        return (long) DATA_BYTES + messageBytes(flags, messageLength);
    }
}
