package dev.homeport.testkit.frames;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.MetadataCodec;
import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What an honest peer might send on one connection, chosen by a seed: methods with their numbers, calls with all kinds
 * of frames and pieces, replies to calls of the other side, draining and the end, interleaved as calls are. A side of
 * a connection that takes it ends nothing.
 */
public final class Conversation {
    /** A call number's generation stands above its slot. */
    private static final int GENERATION = 1 << 16;
    private static final int MAX_CALLS = 6;
    private static final int MAX_MESSAGES = 4;
    private static final int MAX_SMALL_BYTES = 40;
    private static final int MAX_LARGE_BYTES = 4_000;
    private static final int MAX_GRANT_BYTES = 100_000;
    private static final long MAX_TIMEOUT_NANOS = 10_000_000_000L;
    private static final int FIELD_CLIENT_NAME = 0x1a;

    private final RandomGenerator random;
    private final List<String> methods;
    private final boolean hasSections;
    private int blocks;

    /**
     * @param methods names that get numbers, in this order
     * @param hasSections whether messages may stand in section 0
     */
    public Conversation(RandomGenerator random, List<String> methods, boolean hasSections) {
        this.random = random;
        this.methods = methods;
        this.hasSections = hasSections;
    }

    /**
     * The frames.
     *
     * @param calls whether the peer starts calls
     * @param ownCalls numbers of calls of the other side, which the peer answers
     */
    public List<byte[]> frames(boolean calls, List<Integer> ownCalls) {
        List<List<byte[]>> threads = new ArrayList<>();
        List<byte[]> frames = new ArrayList<>();
        if (calls) {
            for (int i = 0; i < methods.size(); i++) {
                frames.add(Frames.method(i, methods.get(i)));
            }
            int count = random.nextInt(MAX_CALLS + 1);
            for (int slot = 0; slot < count; slot++) {
                threads.add(call(slot | GENERATION * random.nextInt(3), ownCalls));
            }
        }
        ownCalls.forEach(number -> threads.add(replies(number)));
        interleave(threads, frames);
        if (random.nextInt(4) == 0) {
            end(calls, frames);
        }
        return frames;
    }

    private void interleave(List<List<byte[]>> threads, List<byte[]> into) {
        List<List<byte[]>> left = new ArrayList<>(threads);
        left.removeIf(List::isEmpty);
        while (!left.isEmpty()) {
            int one = random.nextInt(left.size());
            into.add(left.get(one).removeFirst());
            if (left.get(one).isEmpty()) {
                left.remove(one);
            }
        }
    }

    private void end(boolean calls, List<byte[]> into) {
        into.add(Frames.text(TYPE_DRAIN, 0, 0, 0, ""));
        if (calls) {
            into.add(Frames.text(TYPE_DRAIN, FLAG_ACK, 0, 0, ""));
        }
        into.add(Frames.text(TYPE_BYE, 0, 0, 0, "enough"));
    }

    // ---- calls of the peer ----

    private List<byte[]> call(int number, List<Integer> ownCalls) {
        List<byte[]> frames = new ArrayList<>();
        boolean byName = random.nextInt(8) == 0;
        int method = random.nextInt(methods.size());
        byte[] metadata = MetadataCodec.encode(metadata(), byName ? methods.get(method) : null, authority());
        boolean whole = random.nextInt(3) == 0;
        Message message = whole ? message() : Message.NONE;
        int parent = !ownCalls.isEmpty() && random.nextInt(4) == 0
                ? ownCalls.get(random.nextInt(ownCalls.size()))
                : NO_PARENT;
        add(frames, Frames.open(
                message.flags | (whole ? FLAG_HALF_CLOSE : 0), number, byName ? METHOD_BY_NAME : method, metadata,
                message.bytes, message.length, parent, timeoutNanos()));
        int count = whole ? 0 : random.nextInt(MAX_MESSAGES + 1);
        for (int i = 0; i < count; i++) {
            Message next = message();
            add(frames, Frames.data(next.flags, number, next.bytes, next.length));
        }
        if (random.nextInt(3) == 0) {
            frames.add(FrameHeader.window(0, number, 1 + random.nextInt(MAX_GRANT_BYTES)));
        }
        if (!whole && random.nextBoolean()) {
            frames.add(Frames.data(FLAG_HALF_CLOSE, number, Frames.NOTHING, 0));
        }
        if (random.nextInt(4) == 0) {
            frames.add(Frames.text(TYPE_CANCEL, 0, random.nextInt(LAST_CODE + 1), number, "enough"));
        }
        return frames;
    }

    private long timeoutNanos() {
        return random.nextInt(4) == 0 ? 1 + random.nextLong(MAX_TIMEOUT_NANOS) : NO_TIMEOUT;
    }

    // ---- replies of the peer ----

    private List<byte[]> replies(int number) {
        List<byte[]> frames = new ArrayList<>();
        byte[] headers = MetadataCodec.encode(metadata(), null, null);
        byte[] trailers = MetadataCodec.encode(metadata(), null, null);
        int code = random.nextInt(LAST_CODE + 1);
        String text = code == 0 ? "" : "because";
        switch (random.nextInt(4)) {
            case 0 -> {
                Message message = message();
                add(frames, Frames.reply(
                        FLAG_HEADERS | FLAG_STATUS | message.flags, code, number, headers, message.bytes,
                        message.length, text, trailers));
            }
            case 1 -> add(frames, Frames.reply(
                    FLAG_STATUS | FLAG_REFUSED, code, number, Frames.NOTHING, Frames.NOTHING, 0, text, trailers));
            default -> {
                add(frames, Frames.reply(FLAG_HEADERS, 0, number, headers, Frames.NOTHING, 0, "", Frames.NOTHING));
                int count = random.nextInt(MAX_MESSAGES + 1);
                for (int i = 0; i < count; i++) {
                    Message next = message();
                    add(frames, Frames.reply(
                            next.flags, 0, number, Frames.NOTHING, next.bytes, next.length, "", Frames.NOTHING));
                    frames.add(FrameHeader.window(FLAG_FROM_CALLEE, number, 1 + random.nextInt(MAX_GRANT_BYTES)));
                }
                if (random.nextBoolean()) {
                    add(frames, Frames.reply(
                            FLAG_STATUS, code, number, Frames.NOTHING, Frames.NOTHING, 0, text, trailers));
                }
            }
        }
        return frames;
    }

    // ---- parts ----

    /** @param length of the message; bytes are those in the frame */
    private record Message(int flags, byte[] bytes, int length) {
        static final Message NONE = new Message(0, Frames.NOTHING, 0);
    }

    private Message message() {
        int length = switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> 4 + random.nextInt(MAX_LARGE_BYTES);
            default -> 4 + random.nextInt(MAX_SMALL_BYTES);
        };
        if (hasSections && length > 0 && random.nextInt(4) == 0) {
            return new Message(FLAG_MESSAGE | FLAG_BODY, Frames.reference(0, MAX_LARGE_BYTES * 2L * blocks++), length);
        }
        return new Message(FLAG_MESSAGE, text(length), length);
    }

    /** A protobuf message of this length with one text field; 0 or at least 4. */
    static byte[] text(int length) {
        byte[] bytes = new byte[length];
        if (length > 0) {
            Arrays.fill(bytes, (byte) 'x');
            bytes[0] = FIELD_CLIENT_NAME;
            // The length as a varint of two bytes, however short.
            bytes[1] = (byte) (length - 3 & 0x7f | 0x80);
            bytes[2] = (byte) (length - 3 >> 7);
        }
        return bytes;
    }

    private Metadata metadata() {
        Metadata metadata = new Metadata();
        int entries = Math.max(0, random.nextInt(5) - 2);
        for (int i = 0; i < entries; i++) {
            if (random.nextBoolean()) {
                metadata.put(Metadata.Key.of("k" + i, Metadata.ASCII_STRING_MARSHALLER), "v".repeat(random.nextInt(9)));
            } else {
                metadata.put(Metadata.Key.of("k" + i + "-bin", Metadata.BINARY_BYTE_MARSHALLER),
                        new byte[random.nextInt(300)]);
            }
        }
        return metadata;
    }

    private @Nullable String authority() {
        return random.nextInt(8) == 0 ? "there" : null;
    }

    /** As it is, or in pieces. One that names a section is never cut. */
    private void add(List<byte[]> frames, byte[] frame) {
        int fixed = switch (FrameHeader.type(frame)) {
            case TYPE_OPEN -> OPEN_BYTES;
            case TYPE_DATA -> DATA_BYTES;
            default -> REPLY_BYTES;
        };
        boolean whole = (FrameHeader.flags(frame) & FLAG_BODY) != 0 || frame.length == fixed || random.nextInt(3) > 0;
        if (whole) {
            frames.add(frame);
        } else {
            frames.addAll(Frames.cut(frame, fixed + random.nextInt(frame.length - fixed), 1 + random.nextInt(2_000)));
        }
    }
}
