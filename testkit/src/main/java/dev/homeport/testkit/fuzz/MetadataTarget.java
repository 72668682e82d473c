package dev.homeport.testkit.fuzz;

import dev.homeport.frame.MetadataCodec;
import dev.homeport.spi.ProtocolViolation;
import io.grpc.Metadata;
import java.util.Arrays;

/** A block of metadata: refused as a violation, or read; and what was read means the same once written and read again. */
public final class MetadataTarget {
    private MetadataTarget() {}

    /** Reads the bytes as a block. */
    public static void fuzzerTestOneInput(byte[] input) {
        try {
            decode(input, 0, input.length);
        } catch (ProtocolViolation refused) {
            // As it should be.
        }
    }

    static void decode(byte[] bytes, int at, int length) throws ProtocolViolation {
        Metadata read = new Metadata();
        MetadataCodec.Special special = MetadataCodec.decode(bytes, at, length, read);
        if (MetadataCodec.countedSize(bytes, at, length) < 0) {
            throw new AssertionError("counted size of " + length + " bytes is negative");
        }
        byte[] written = MetadataCodec.encode(read, special.path(), special.authority());
        Metadata again = new Metadata();
        MetadataCodec.Special specialAgain = MetadataCodec.decode(written, 0, written.length, again);
        if (!specialAgain.equals(special) || !read.keys().equals(again.keys())
                || !Arrays.equals(written, MetadataCodec.encode(again, special.path(), special.authority()))) {
            throw new AssertionError("metadata changed on the way: " + read + ", " + again);
        }
    }
}
