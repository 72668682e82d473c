package dev.homeport.testkit.frames;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.Bytes;
import dev.homeport.frame.FrameHeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Whole frames as a peer sends them. Stateless. */
public final class Frames {
    /** No bytes. */
    public static final byte[] NOTHING = {};

    private Frames() {}

    /** Gives a method its number. */
    public static byte[] method(int number, String name) {
        return FrameHeader.withBytes(TYPE_METHOD, 0, 0, number, name.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Starts a call.
     *
     * @param message its bytes, or with FLAG_BODY a {@link #reference}
     * @param messageLength bytes of the message, wherever it is
     */
    public static byte[] open(
            int flags, int call, int method, byte[] metadata, byte[] message, int messageLength, int parent,
            long timeoutNanos) {
        byte[] frame = new byte[OPEN_BYTES + metadata.length + message.length];
        FrameHeader.putOpen(frame, flags, call, method, metadata.length, messageLength, parent, timeoutNanos);
        System.arraycopy(metadata, 0, frame, OPEN_BYTES, metadata.length);
        System.arraycopy(message, 0, frame, OPEN_BYTES + metadata.length, message.length);
        return frame;
    }

    /** A message, the end of messages, or both; arguments as in {@link #open}. */
    public static byte[] data(int flags, int call, byte[] message, int messageLength) {
        byte[] frame = new byte[DATA_BYTES + message.length];
        FrameHeader.putData(frame, flags, call, messageLength);
        System.arraycopy(message, 0, frame, DATA_BYTES, message.length);
        return frame;
    }

    /** What a callee sends; arguments as in {@link #open}. */
    public static byte[] reply(
            int flags, int code, int call, byte[] headers, byte[] message, int messageLength, String description,
            byte[] trailers) {
        byte[] text = description.getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[REPLY_BYTES + headers.length + message.length + text.length + trailers.length];
        FrameHeader.putReply(frame, flags, code, call, headers.length, messageLength, text.length, trailers.length);
        int at = REPLY_BYTES;
        for (byte[] part : List.of(headers, message, text, trailers)) {
            System.arraycopy(part, 0, frame, at, part.length);
            at += part.length;
        }
        return frame;
    }

    /** What stands in a frame for a message in a section. */
    public static byte[] reference(int section, long offset) {
        byte[] reference = new byte[BODY_BYTES];
        Bytes.putInt(reference, BODY_SECTION, section);
        Bytes.putLong(reference, BODY_OFFSET, offset);
        return reference;
    }

    /** A frame with nothing but text behind its header: CANCEL, DRAIN, BYE. */
    public static byte[] text(int type, int flags, int code, int call, String text) {
        return FrameHeader.withBytes(type, flags, code, call, text.getBytes(StandardCharsets.UTF_8));
    }

    /** The frame in pieces of at most so many bytes behind the first, which has {@code firstBytes}; itself if it is no longer. */
    public static List<byte[]> cut(byte[] frame, int firstBytes, int pieceBytes) {
        if (firstBytes >= frame.length) {
            return List.of(frame);
        }
        List<byte[]> pieces = new ArrayList<>();
        byte[] first = Arrays.copyOf(frame, firstBytes);
        first[FLAGS] |= FLAG_FRAGMENTED;
        pieces.add(first);
        int flags = FrameHeader.type(frame) == TYPE_REPLY ? FLAG_FROM_CALLEE : 0;
        for (int at = firstBytes; at < frame.length; at += pieceBytes) {
            byte[] piece = Arrays.copyOfRange(frame, at, Math.min(frame.length, at + pieceBytes));
            pieces.add(FrameHeader.withBytes(TYPE_FRAGMENT, flags, 0, FrameHeader.call(frame), piece));
        }
        return pieces;
    }

    /** Where the numbers of a frame of this type stand, as offset and width in bytes. */
    static int[][] fields(int type) {
        return switch (type) {
            case TYPE_OPEN -> OPEN_FIELDS;
            case TYPE_DATA -> DATA_FIELDS;
            case TYPE_REPLY -> REPLY_FIELDS;
            case TYPE_WINDOW -> WINDOW_FIELDS;
            default -> HEADER_FIELDS;
        };
    }

    private static final int[][] HEADER_FIELDS = {{TYPE, 1}, {FLAGS, 1}, {CODE, 2}, {CALL, 4}};
    private static final int[][] OPEN_FIELDS = with(
            new int[] {OPEN_METHOD, 4}, new int[] {OPEN_METADATA_LENGTH, 4}, new int[] {OPEN_MESSAGE_LENGTH, 4},
            new int[] {OPEN_PARENT, 4}, new int[] {OPEN_TIMEOUT, 8});
    private static final int[][] DATA_FIELDS = with(new int[] {DATA_MESSAGE_LENGTH, 4}, new int[] {DATA_BYTES, 4});
    private static final int[][] REPLY_FIELDS = with(
            new int[] {REPLY_HEADERS_LENGTH, 4}, new int[] {REPLY_MESSAGE_LENGTH, 4},
            new int[] {REPLY_DESCRIPTION_LENGTH, 4}, new int[] {REPLY_TRAILERS_LENGTH, 4});
    private static final int[][] WINDOW_FIELDS = with(new int[] {WINDOW_GRANT, 4});

    private static int[][] with(int[]... more) {
        int[][] all = Arrays.copyOf(HEADER_FIELDS, HEADER_FIELDS.length + more.length);
        System.arraycopy(more, 0, all, HEADER_FIELDS.length, more.length);
        return all;
    }
}
