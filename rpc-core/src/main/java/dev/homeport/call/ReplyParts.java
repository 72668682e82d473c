package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.MetadataCodec;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * What a REPLY frame says beside its message, encoded, until it is known how the message travels. Any thread.
 *
 * @param number of the call
 * @param parts flags for what is there beside the message
 */
record ReplyParts(int number, int parts, int code, byte[] headers, byte[] description, byte[] trailers) {

    static ReplyParts of(int number, int parts, Status status, byte[] headers, byte[] trailers) {
        String text = status.getDescription();
        return new ReplyParts(
                number,
                parts,
                status.getCode().value(),
                headers,
                text == null ? MetadataCodec.NONE : Payload.description(text),
                trailers);
    }

    boolean endsCall() {
        return (parts & FLAG_STATUS) != 0;
    }

    /** Bytes of the frame with this message in it, or named by it. */
    int lengthWith(@Nullable Object message, int messageLength) {
        int fixed = REPLY_BYTES + headers.length + description.length + trailers.length;
        return Math.addExact(fixed, messageBytes(Payload.flags(message), messageLength));
    }

    /** Writes the frame, {@link #lengthWith} bytes. */
    void write(byte[] frame, @Nullable Object message, int messageLength) {
        int flags = parts | Payload.flags(message);
        FrameHeader.putReply(frame, flags, code, number, headers.length, messageLength, description.length,
                trailers.length);
        int at = REPLY_BYTES;
        System.arraycopy(headers, 0, frame, at, headers.length);
        at += headers.length;
        Payload.write(message, frame, at, messageLength);
        at += messageBytes(flags, messageLength);
        System.arraycopy(description, 0, frame, at, description.length);
        at += description.length;
        System.arraycopy(trailers, 0, frame, at, trailers.length);
    }
}
