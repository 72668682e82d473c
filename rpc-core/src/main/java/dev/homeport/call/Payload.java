package dev.homeport.call;

import dev.homeport.frame.Bytes;
import dev.homeport.frame.FrameLayout;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.Technique;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way. Going out it is an immutable protobuf message yet to be written, or the bytes of any
 * message, or {@link Placed} in a section. Coming in it is parsed already, or its bytes, or an {@link InBody}.
 */
final class Payload {
    private Payload() {}

    /** A message that stands in a section of ours. */
    record Placed(OutBody body, int lengthBytes) {}

    /** @param bytes of a message whose marshaller has yet to parse them */
    private record Unparsed(byte[] bytes) {}

    // ---- going out ----

    static int sizeOf(@Nullable Object message) {
        return switch (message) {
            case null -> 0;
            case byte[] bytes -> bytes.length;
            case Placed placed -> placed.lengthBytes;
            default -> MessageCodec.sizeOf(message);
        };
    }

    /** Moves a large message into space beside the queue, if the port has room; else returns it as it is. */
    static @Nullable Object place(FramePort port, @Nullable Object message, int lengthBytes) {
        if (lengthBytes <= port.maxInlineBytes() || message == null || message instanceof Placed) {
            return message;
        }
        return put(message, lengthBytes, port.tryAllocate(lengthBytes));
    }

    /** Moves a message into that space; returns it as it is if there is none, or it can no longer be written. */
    static Object put(Object message, int lengthBytes, @Nullable OutBody body) {
        if (body == null) {
            return message;
        }
        try {
            write(message, body);
        } catch (IOException e) {
            body.discard();
            return message;
        } catch (RuntimeException | Error e) {
            body.discard();
            throw e;
        }
        body.written();
        return new Placed(body, lengthBytes);
    }

    private static void write(Object message, OutBody body) throws IOException {
        if (message instanceof byte[] bytes) {
            try (OutputStream out = body.stream()) {
                out.write(bytes);
            }
        } else {
            MessageCodec.write(message, body);
        }
    }

    /** Whether the port should be asked for space before anything else, as no section would serve as well. */
    static boolean asksFirst(FramePort port, @Nullable Object message, int lengthBytes) {
        return lengthBytes >= port.askFromBytes() && message != null && !(message instanceof Placed);
    }

    /** Whether a message that found no place may find one by asking. */
    static boolean asksInstead(FramePort port, @Nullable Object message, int lengthBytes) {
        return lengthBytes > port.maxFrameBytes() && message != null && !(message instanceof Placed)
                && port.asksInstead(lengthBytes);
    }

    /** Notes how a message leaves. */
    static void countSent(Connection connection, @Nullable Object message, int lengthBytes, boolean wholeFrame) {
        if (message != null) {
            connection.bodies().countSent(
                    message instanceof Placed placed ? placed.body.technique()
                            : wholeFrame ? Technique.QUEUE : Technique.FRAGMENTS,
                    lengthBytes);
        }
    }

    /** The flags that say how the message is there. */
    static int flags(@Nullable Object message) {
        return switch (message) {
            case null -> 0;
            case Placed placed -> FrameLayout.FLAG_MESSAGE | FrameLayout.FLAG_BODY;
            default -> FrameLayout.FLAG_MESSAGE;
        };
    }

    /** Writes what stands for the message in its frame: itself, or a reference. */
    static void write(@Nullable Object message, byte[] into, int at, int lengthBytes) {
        switch (message) {
            case null -> { }
            case byte[] bytes -> System.arraycopy(bytes, 0, into, at, lengthBytes);
            case Placed placed -> {
                Bytes.putLong(into, at + FrameLayout.BODY_SECTION, Integer.toUnsignedLong(placed.body.section()));
                Bytes.putLong(into, at + FrameLayout.BODY_OFFSET, placed.body.offset());
            }
            default -> MessageCodec.write(message, into, at, lengthBytes);
        }
    }

    static @Nullable OutBody body(@Nullable Object message) {
        return message instanceof Placed placed ? placed.body : null;
    }

    /** A message that was kept and will not be sent. */
    static void discard(@Nullable Object message) {
        if (message instanceof Placed placed) {
            placed.body.discard();
        }
    }

    // ---- coming in ----

    /**
     * Takes a message out of a frame; runs no user code.
     *
     * @param codec of the method, or null if it is not known yet
     */
    static Object read(
            Connection connection, @Nullable MessageCodec codec, byte[] frame, int flags, int at, int lengthBytes)
            throws ProtocolViolation {
        FramePort port = connection.port();
        if ((flags & FrameLayout.FLAG_BODY) != 0) {
            InBody body = open(port, frame, at, lengthBytes);
            connection.bodies().countReceived(body.technique(), lengthBytes);
            return body;
        }
        boolean wholeFrame = at + (long) lengthBytes <= port.maxFrameBytes();
        connection.bodies().countReceived(wholeFrame ? Technique.QUEUE : Technique.FRAGMENTS, lengthBytes);
        Object parsed = codec == null ? null : codec.tryParse(frame, at, lengthBytes);
        return parsed != null ? parsed : new Unparsed(Arrays.copyOfRange(frame, at, at + lengthBytes));
    }

    private static InBody open(FramePort port, byte[] frame, int at, int lengthBytes) throws ProtocolViolation {
        int section = Bytes.getInt(frame, at + FrameLayout.BODY_SECTION);
        long offset = Bytes.getLong(frame, at + FrameLayout.BODY_OFFSET);
        return port.openBody(section, offset, lengthBytes);
    }

    /** A message that came for a call which does not want it. */
    static void skip(FramePort port, byte[] frame, int flags, int at, int lengthBytes) throws ProtocolViolation {
        if ((flags & FrameLayout.FLAG_BODY) != 0) {
            open(port, frame, at, lengthBytes).release();
        }
    }

    /** The message to deliver; runs the marshaller if it has not been parsed. */
    @SuppressWarnings("unchecked")
    static <T> T parsed(MessageCodec codec, @Nullable Object payload) {
        return (T) switch (payload) {
            case Unparsed unparsed -> codec.parse(unparsed.bytes);
            case InBody body -> codec.parse(body);
            case null, default -> payload;
        };
    }

    /** A message that came and is not delivered. */
    static void drop(@Nullable Object payload) {
        if (payload instanceof InBody body) {
            body.release();
        }
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
