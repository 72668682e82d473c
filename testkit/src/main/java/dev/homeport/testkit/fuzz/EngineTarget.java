package dev.homeport.testkit.fuzz;

import dev.homeport.testkit.frames.EngineSubject;
import dev.homeport.testkit.frames.EngineSubject.Side;
import dev.homeport.testkit.frames.Faults;
import java.util.Arrays;
import java.util.List;

/**
 * A conversation with the call engine: the first byte says which side it is and whether its peer reads, then come frames,
 * each behind its length in two bytes. Nothing is thrown, every call ends once, and nothing is left.
 */
public final class EngineTarget {
    private static final int LENGTH_BYTES = 2;
    private static final int MAX_FRAME_BYTES = 8_184;
    private static final int DEAF = 4;
    private static final Side[] SIDES = Side.values();

    private EngineTarget() {}

    /** Feeds the bytes. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int first = input[0] & 0xff;
        try (Faults faults = new Faults()) {
            EngineSubject subject = new EngineSubject(SIDES[(first & 3) % SIDES.length], (first & DEAF) == 0);
            for (int at = 1; at + LENGTH_BYTES <= input.length; ) {
                int length = Math.min(
                        Math.min(MAX_FRAME_BYTES, (input[at] & 0xff) << 8 | input[at + 1] & 0xff),
                        input.length - at - LENGTH_BYTES);
                at += LENGTH_BYTES;
                if (length > 0 && !subject.feed(Arrays.copyOfRange(input, at, at + length))) {
                    break;
                }
                at += length;
            }
            subject.endAndCheck();
            List<String> seen = faults.seen();
            if (!seen.isEmpty()) {
                throw new AssertionError(String.join("; ", seen));
            }
        }
    }
}
