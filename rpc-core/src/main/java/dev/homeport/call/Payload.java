package dev.homeport.call;

import dev.homeport.frame.FrameLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way: an immutable protobuf message that is yet to be written, or was parsed already, or
 * else the bytes of any message.
 */
final class Payload {
    private Payload() {}

    /** @param bytes of a message whose marshaller has yet to parse them */
    private record Unparsed(byte[] bytes) {}

    static int sizeOf(@Nullable Object message) {
        if (message == null) {
            return 0;
        }
        return message instanceof byte[] bytes ? bytes.length : MessageCodec.sizeOf(message);
    }

    static void write(@Nullable Object message, byte[] into, int at, int length) {
        if (message instanceof byte[] bytes) {
            System.arraycopy(bytes, 0, into, at, length);
        } else if (message != null) {
            MessageCodec.write(message, into, at, length);
        }
    }

    /** Takes a message out of a frame; runs no user code. */
    static Object read(MessageCodec codec, byte[] frame, int at, int length) {
        Object parsed = codec.tryParse(frame, at, length);
        return parsed != null ? parsed : copy(frame, at, length);
    }

    /** Takes a message out of a frame whose marshaller is not known yet. */
    static Object copy(byte[] frame, int at, int length) {
        return new Unparsed(Arrays.copyOfRange(frame, at, at + length));
    }

    /** The message to deliver; runs the marshaller if it has not been parsed. */
    @SuppressWarnings("unchecked")
    static <T> T parsed(MessageCodec codec, @Nullable Object payload) {
        return (T) (payload instanceof Unparsed unparsed ? codec.parse(unparsed.bytes) : payload);
    }

    /** A status description as it travels: cut to the bound, never inside a character. */
    static byte[] description(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length;
        if (length > FrameLayout.MAX_DESCRIPTION_BYTES) {
            length = FrameLayout.MAX_DESCRIPTION_BYTES;
            while ((bytes[length] & 0xc0) == 0x80) {
                length--;
            }
        }
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
