package dev.homeport.testkit.fuzz;

import dev.homeport.frame.DataFrame;
import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.FrameLayout;
import dev.homeport.frame.OpenFrame;
import dev.homeport.frame.ReplyFrame;
import dev.homeport.spi.ProtocolViolation;
import java.util.Arrays;

/**
 * One frame: it is refused as a violation, or all that it says lies within it. It stands at the begin of longer memory,
 * as in the transport, so that what reads behind it finds something there.
 */
public final class FrameCodecTarget {
    private static final int BEHIND = 64;

    private FrameCodecTarget() {}

    /** Reads the bytes as a frame. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < FrameLayout.HEADER_BYTES) {
            return;
        }
        byte[] memory = Arrays.copyOf(input, input.length + BEHIND);
        Arrays.fill(memory, input.length, memory.length, (byte) 0xff);
        try {
            switch (FrameHeader.type(memory)) {
                case FrameLayout.TYPE_OPEN -> open(memory, input.length);
                case FrameLayout.TYPE_DATA -> data(memory, input.length);
                case FrameLayout.TYPE_REPLY -> reply(memory, input.length);
                default -> { }
            }
        } catch (ProtocolViolation refused) {
            // As it should be.
        }
    }

    private static void open(byte[] memory, int length) throws ProtocolViolation {
        OpenFrame frame = OpenFrame.read(memory, length);
        if (!frame.has(FrameLayout.FLAG_FRAGMENTED)) {
            inside(FrameLayout.OPEN_BYTES, frame.metadataLength(), length);
            inside(frame.messageAt(), frame.has(FrameLayout.FLAG_BODY) ? FrameLayout.BODY_BYTES : frame.messageLength(), length);
            MetadataTarget.decode(memory, FrameLayout.OPEN_BYTES, frame.metadataLength());
        }
    }

    private static void data(byte[] memory, int length) throws ProtocolViolation {
        DataFrame frame = DataFrame.read(memory, length);
        if (!frame.has(FrameLayout.FLAG_FRAGMENTED)) {
            inside(FrameLayout.DATA_BYTES, frame.has(FrameLayout.FLAG_BODY) ? FrameLayout.BODY_BYTES : frame.messageLength(), length);
        }
    }

    private static void reply(byte[] memory, int length) throws ProtocolViolation {
        ReplyFrame frame = ReplyFrame.read(memory, length);
        if (!frame.has(FrameLayout.FLAG_FRAGMENTED)) {
            inside(frame.messageAt(), frame.has(FrameLayout.FLAG_BODY) ? FrameLayout.BODY_BYTES : frame.messageLength(), length);
            MetadataTarget.decode(memory, FrameLayout.REPLY_BYTES, frame.headersLength());
            inside(frame.trailersAt(), frame.trailersLength(), length);
            MetadataTarget.decode(memory, frame.trailersAt(), frame.trailersLength());
        }
    }

    private static void inside(int at, int bytes, int length) {
        if (at < 0 || bytes < 0 || (long) at + bytes > length) {
            throw new AssertionError("a part beyond the frame: at=" + at + ", bytes=" + bytes + ", frameBytes=" + length);
        }
    }
}
