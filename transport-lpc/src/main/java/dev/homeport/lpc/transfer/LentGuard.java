package dev.homeport.lpc.transfer;

import dev.homeport.lpc.memory.LentMemory;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Finds writes into lent memory by a server that has no business there any more. Off, and free, unless the
 * system property {@code homeport.direct.guard} is {@code true}: then memory that nobody uses is filled with a pattern,
 * and looked at before it is used again. For tests and campaigns.
 */
public final class LentGuard {
    private static final Logger LOG = Logger.getLogger(LentGuard.class.getName());
    private static final boolean ON = Boolean.getBoolean("homeport.direct.guard");
    private static final byte PATTERN = 0x5a;
    private static final MemorySegment PIECE = MemorySegment.ofArray(new byte[ON ? 1024 * 1024 : 0]).fill(PATTERN);

    /** Bytes behind each message that nobody writes: a pattern stands there too. */
    static final int SLACK_BYTES = ON ? 4096 : 0;

    private static final AtomicLong CHECKED = new AtomicLong();
    private static final AtomicLong BROKEN = new AtomicLong();

    private LentGuard() {}

    /** Nobody may write this memory from now on. */
    static void lay(LentMemory memory) {
        if (ON) {
            memory.segment().fill(PATTERN);
        }
    }

    /** Looks whether somebody did. */
    static void check(LentMemory memory) {
        if (ON) {
            CHECKED.getAndIncrement();
            require(memory, 0, "unused");
        }
    }

    private static void require(LentMemory memory, long from, String what) {
        MemorySegment all = memory.segment();
        for (long at = from; at < all.byteSize(); at += PIECE.byteSize()) {
            long length = Math.min(PIECE.byteSize(), all.byteSize() - at);
            if (all.asSlice(at, length).mismatch(PIECE.asSlice(0, length)) >= 0) {
                BROKEN.getAndIncrement();
                LOG.log(Level.SEVERE, "{0} lent memory was written: address={1}, offset={2}, sizeBytes={3}",
                        new Object[] {what, memory.address(), at, all.byteSize()});
                return;
            }
        }
    }

    /** Looks whether somebody wrote behind a message. */
    static void checkBehind(LentMemory memory, int lengthBytes) {
        if (ON) {
            require(memory, lengthBytes, "the end of");
        }
    }

    /** Memory looked at so far. */
    public static long checked() {
        return CHECKED.get();
    }

    /** Memory in which the pattern was broken. */
    public static long broken() {
        return BROKEN.get();
    }
}
