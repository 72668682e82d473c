package dev.homeport.frame;

import static dev.homeport.frame.FrameLayout.*;

/** Writes the fixed parts of frames. What follows them is written by who has it. */
public final class FrameHeader {
    private FrameHeader() {}

    /** The eight bytes that every frame begins with, in one store. */
    public static void put(byte[] frame, int at, int type, int flags, int code, int call) {
        long header = type | (long) flags << 8 | (long) code << 16 | (long) call << 32;
        Bytes.putLong(frame, at, header);
    }

    public static void putOpen(
            byte[] frame, int flags, int call, int method, int metadataLength, int messageLength, int parent,
            long timeoutNanos) {
        put(frame, 0, TYPE_OPEN, flags, 0, call);
        Bytes.putInt(frame, OPEN_METHOD, method);
        Bytes.putInt(frame, OPEN_METADATA_LENGTH, metadataLength);
        Bytes.putInt(frame, OPEN_MESSAGE_LENGTH, messageLength);
        Bytes.putInt(frame, OPEN_PARENT, parent);
        Bytes.putLong(frame, OPEN_TIMEOUT, timeoutNanos);
    }

    public static void putData(byte[] frame, int flags, int call, int messageLength) {
        put(frame, 0, TYPE_DATA, flags, 0, call);
        Bytes.putLong(frame, DATA_MESSAGE_LENGTH, Integer.toUnsignedLong(messageLength));
    }

    public static void putReply(
            byte[] frame, int flags, int code, int call, int headersLength, int messageLength,
            int descriptionLength, int trailersLength) {
        put(frame, 0, TYPE_REPLY, flags, code, call);
        Bytes.putInt(frame, REPLY_HEADERS_LENGTH, headersLength);
        Bytes.putInt(frame, REPLY_MESSAGE_LENGTH, messageLength);
        Bytes.putInt(frame, REPLY_DESCRIPTION_LENGTH, descriptionLength);
        Bytes.putInt(frame, REPLY_TRAILERS_LENGTH, trailersLength);
    }

    /** A whole WINDOW frame. */
    public static byte[] window(int flags, int call, int grantBytes) {
        byte[] frame = new byte[WINDOW_BYTES];
        put(frame, 0, TYPE_WINDOW, flags, 0, call);
        Bytes.putInt(frame, WINDOW_GRANT, grantBytes);
        return frame;
    }

    /** A whole frame of a type that has nothing but bytes behind its header. */
    public static byte[] withBytes(int type, int flags, int code, int call, byte[] rest) {
        byte[] frame = new byte[HEADER_BYTES + rest.length];
        put(frame, 0, type, flags, code, call);
        System.arraycopy(rest, 0, frame, HEADER_BYTES, rest.length);
        return frame;
    }

    public static int type(byte[] frame) {
        return frame[TYPE] & 0xff;
    }

    public static int flags(byte[] frame) {
        return frame[FLAGS] & 0xff;
    }

    public static int code(byte[] frame) {
        return Bytes.getUnsignedShort(frame, CODE);
    }

    public static int call(byte[] frame) {
        return Bytes.getInt(frame, CALL);
    }
}
