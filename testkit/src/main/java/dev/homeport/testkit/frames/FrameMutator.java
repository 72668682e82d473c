package dev.homeport.testkit.frames;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.Bytes;
import dev.homeport.frame.FrameHeader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Makes wrong conversations of right ones, knowing where the numbers of a frame stand: one change or a few, so that
 * most of a conversation is still understood and what is wrong meets an engine in the midst of calls.
 */
public final class FrameMutator {
    private static final int MAX_CHANGES = 4;
    private static final int MAX_GARBAGE_BYTES = 64;
    private static final int MAX_REPEATS = 20;
    private static final long[] INTERESTING = {
        0, 1, -1, 2, 7, 8, 15, 16, 17, 63, 64, 255, 256, 4095, 4096, 4097, 8184, 8185, 65_535, 65_536, 1 << 24,
        Integer.MAX_VALUE, Integer.MIN_VALUE, Integer.MAX_VALUE - 7, Long.MAX_VALUE, Long.MIN_VALUE
    };

    private final RandomGenerator random;

    /** Changes are chosen by this source alone. */
    public FrameMutator(RandomGenerator random) {
        this.random = random;
    }

    /**
     * The conversation with some changes.
     *
     * @param other frames of another one, to be mixed in
     */
    public List<byte[]> mutate(List<byte[]> conversation, List<byte[]> other) {
        List<byte[]> frames = new ArrayList<>(conversation);
        int changes = random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(MAX_CHANGES);
        for (int i = 0; i < changes; i++) {
            if (frames.isEmpty()) {
                frames.add(garbage());
            }
            change(frames, other);
        }
        return frames;
    }

    private void change(List<byte[]> frames, List<byte[]> other) {
        int at = random.nextInt(frames.size());
        byte[] frame = frames.get(at).clone();
        frames.set(at, frame);
        switch (random.nextInt(16)) {
            case 0 -> flip(frame);
            case 1, 2, 3 -> set(frame);
            case 4, 5 -> addToField(frame, random.nextBoolean() ? 1 : -1);
            case 6 -> frames.set(at, Arrays.copyOf(frame, random.nextInt(frame.length + 1)));
            case 7 -> frames.set(at, extended(frame));
            case 8 -> frames.set(at, spliced(frame, pick(random.nextBoolean() ? frames : other)));
            case 9 -> swapNumbers(frame, frames);
            case 10 -> repeat(frame, at, frames);
            case 11 -> frames.add(random.nextInt(frames.size()), frames.remove(at));
            case 12 -> frames.remove(at);
            case 13 -> setFlags(frame);
            case 14 -> frames.add(at, pick(other));
            default -> frames.add(at, random.nextBoolean() ? garbage() : header());
        }
    }

    private byte[] pick(List<byte[]> from) {
        return from.isEmpty() ? garbage() : from.get(random.nextInt(from.size())).clone();
    }

    private void flip(byte[] frame) {
        if (frame.length > 0) {
            int at = random.nextInt(frame.length);
            frame[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        }
    }

    private void set(byte[] frame) {
        int[] field = field(frame);
        long value = random.nextInt(4) == 0 ? frame.length : INTERESTING[random.nextInt(INTERESTING.length)];
        put(frame, field, value);
    }

    private void addToField(byte[] frame, int by) {
        int[] field = field(frame);
        put(frame, field, get(frame, field) + by);
    }

    private int[] field(byte[] frame) {
        int[][] fields = Frames.fields(frame.length == 0 ? 0 : FrameHeader.type(frame));
        return fields[random.nextInt(fields.length)];
    }

    private static long get(byte[] frame, int[] field) {
        if (field[0] + field[1] > frame.length) {
            return 0;
        }
        return switch (field[1]) {
            case 1 -> frame[field[0]];
            case 2 -> Bytes.getUnsignedShort(frame, field[0]);
            case 4 -> Bytes.getInt(frame, field[0]);
            default -> Bytes.getLong(frame, field[0]);
        };
    }

    private static void put(byte[] frame, int[] field, long value) {
        if (field[0] + field[1] > frame.length) {
            return;
        }
        switch (field[1]) {
            case 1 -> frame[field[0]] = (byte) value;
            case 2 -> Bytes.putShort(frame, field[0], (int) value);
            case 4 -> Bytes.putInt(frame, field[0], (int) value);
            default -> Bytes.putLong(frame, field[0], value);
        }
    }

    private byte[] extended(byte[] frame) {
        byte[] longer = Arrays.copyOf(frame, frame.length + 1 + random.nextInt(MAX_GARBAGE_BYTES));
        if (random.nextBoolean()) {
            for (int i = frame.length; i < longer.length; i++) {
                longer[i] = (byte) random.nextInt();
            }
        }
        return longer;
    }

    private byte[] spliced(byte[] head, byte[] tail) {
        int from = random.nextInt(Math.min(head.length, tail.length) + 1);
        byte[] both = Arrays.copyOf(head, tail.length);
        System.arraycopy(tail, from, both, from, tail.length - from);
        return both;
    }

    private void swapNumbers(byte[] frame, List<byte[]> frames) {
        byte[] with = pick(frames);
        if (frame.length >= HEADER_BYTES && with.length >= HEADER_BYTES) {
            Bytes.putInt(frame, CALL, FrameHeader.call(with));
        }
    }

    private void repeat(byte[] frame, int at, List<byte[]> frames) {
        int times = random.nextInt(8) == 0 ? MAX_REPEATS : 1;
        for (int i = 0; i < times; i++) {
            frames.add(at, frame.clone());
        }
    }

    private void setFlags(byte[] frame) {
        if (frame.length > FLAGS) {
            frame[FLAGS] = (byte) random.nextInt();
        }
    }

    private byte[] garbage() {
        byte[] bytes = new byte[random.nextInt(MAX_GARBAGE_BYTES)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** A header of some type and nothing, or little, behind it. */
    private byte[] header() {
        byte[] frame = new byte[HEADER_BYTES + random.nextInt(OPEN_BYTES)];
        FrameHeader.put(frame, 0, random.nextInt(TYPE_BYE + 2), random.nextInt(256), random.nextInt(20), random.nextInt(8));
        return frame;
    }
}
