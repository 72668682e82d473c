package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.MetadataCodec;
import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Whole frames, right ones and wrong ones. */
final class WireFrames {
    static final byte[] NOTHING = {};

    private WireFrames() {}

    static byte[] method(int number, String name) {
        return FrameHeader.withBytes(TYPE_METHOD, 0, 0, number, name.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] open(int call, int method, int flags, byte[] metadata, byte[] message) {
        return open(call, method, flags, metadata, message, NO_TIMEOUT);
    }

    static byte[] open(int call, int method, int flags, byte[] metadata, byte[] message, long timeoutNanos) {
        byte[] frame = new byte[OPEN_BYTES + metadata.length + message.length];
        FrameHeader.putOpen(frame, flags, call, method, metadata.length, message.length, NO_PARENT, timeoutNanos);
        System.arraycopy(metadata, 0, frame, OPEN_BYTES, metadata.length);
        System.arraycopy(message, 0, frame, OPEN_BYTES + metadata.length, message.length);
        return frame;
    }

    /** A call that goes on. */
    static byte[] open(int call, int method) {
        return open(call, method, 0, NOTHING, NOTHING);
    }

    static byte[] data(int call, int flags, byte[] message) {
        byte[] frame = new byte[DATA_BYTES + message.length];
        FrameHeader.putData(frame, flags, call, message.length);
        System.arraycopy(message, 0, frame, DATA_BYTES, message.length);
        return frame;
    }

    static byte[] reply(int call, int flags, int code, byte[] headers, byte[] message, String why, byte[] trailers) {
        byte[] text = why.getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[REPLY_BYTES + headers.length + message.length + text.length + trailers.length];
        FrameHeader.putReply(frame, flags, code, call, headers.length, message.length, text.length, trailers.length);
        int at = REPLY_BYTES;
        for (byte[] part : new byte[][] {headers, message, text, trailers}) {
            System.arraycopy(part, 0, frame, at, part.length);
            at += part.length;
        }
        return frame;
    }

    static byte[] headers(int call) {
        return reply(call, FLAG_HEADERS, 0, NOTHING, NOTHING, "", NOTHING);
    }

    static byte[] status(int call, int code) {
        return reply(call, FLAG_STATUS, code, NOTHING, NOTHING, "", NOTHING);
    }

    static byte[] cancel(int call, int code, String why) {
        return FrameHeader.withBytes(TYPE_CANCEL, 0, code, call, why.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] window(int flags, int call, int grant) {
        return FrameHeader.window(flags, call, grant);
    }

    static byte[] fragment(int flags, int call, int bytes) {
        return FrameHeader.withBytes(TYPE_FRAGMENT, flags, 0, call, new byte[bytes]);
    }

    static byte[] drain(int flags) {
        return FrameHeader.withBytes(TYPE_DRAIN, flags, 0, 0, NOTHING);
    }

    static byte[] bye(String why) {
        return FrameHeader.withBytes(TYPE_BYE, 0, 0, 0, why.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] metadata(String... namesAndValues) {
        Metadata metadata = new Metadata();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            metadata.put(Metadata.Key.of(namesAndValues[i], Metadata.ASCII_STRING_MARSHALLER), namesAndValues[i + 1]);
        }
        return MetadataCodec.encode(metadata, null, null);
    }

    /** The frame with its flags replaced. */
    static byte[] withFlags(byte[] frame, int flags) {
        byte[] changed = frame.clone();
        changed[FLAGS] = (byte) flags;
        return changed;
    }

    /** The first bytes of a frame. */
    static byte[] cut(byte[] frame, int length) {
        return Arrays.copyOf(frame, length);
    }
}
