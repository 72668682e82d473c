package dev.homeport.lpc.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.spi.ProtocolViolation;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A number that the peer writes is read once. The peer writes two values in turn, each of which alone gives something
 * that is in order; whoever reads it twice gets a mixture sooner or later, which neither of them alone can give. Runs for a
 * moment in each build; {@code -Dcampaign.flips.millis=60000} is a minute for each word.
 */
@Timeout(600)
class FlippedWordsTest {
    private static final int QUEUE_BYTES = OutboxLayout.MIN_QUEUE_BYTES;
    private static final long RUN_NANOS =
            TimeUnit.MILLISECONDS.toNanos(Integer.getInteger("campaign.flips.millis", 400));
    /** For a machine so busy that the two threads never run at the same time before. */
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20) + RUN_NANOS;
    private static final int READINGS = 1_000;
    private static final String TAIL_OUT_OF_RANGE = "tail out of range";
    private static final String CURSOR_OUT_OF_RANGE = "cursor out of range";

    private Outbox own;
    private Outbox peer;
    private PeerOutbox peerView;
    private PeerOutbox ownView;
    private final byte[] into = new byte[RecordLayout.MAX_FRAME_BYTES];

    @BeforeEach
    void open() throws Exception {
        Assumptions.assumeTrue(
                Runtime.getRuntime().availableProcessors() > 1, "the flipper needs a processor of its own");
        own = Outbox.create(QUEUE_BYTES);
        peer = Outbox.create(QUEUE_BYTES);
        peerView = PeerOutbox.map(peer.descriptor(), QUEUE_BYTES, own);
        ownView = PeerOutbox.map(own.descriptor(), QUEUE_BYTES, peer);
    }

    @AfterEach
    void close() {
        if (own != null) {
            ownView.close();
            peerView.close();
            own.close();
            peer.close();
        }
    }

    /** What one pass over the word came to, in words. */
    private interface Pass {
        String run() throws ProtocolViolation;
    }

    /** How often each came out while the word was flipped; until all that may come out did, and the time is over. */
    private Map<String, Long> passes(Outbox flipped, int offset, long one, long two, Set<String> expected, Pass pass) {
        Map<String, Long> seen = new TreeMap<>();
        try (WordFlipper _ = new WordFlipper(flipped.segment(), offset, one, two)) {
            long begun = System.nanoTime();
            long now = begun;
            while (now - begun < RUN_NANOS || !seen.keySet().containsAll(expected) && now - begun < LIMIT_NANOS) {
                for (int i = 0; i < READINGS; i++) {
                    seen.merge(outcome(pass), 1L, Long::sum);
                }
                now = System.nanoTime();
            }
        }
        return seen;
    }

    private static String outcome(Pass pass) {
        try {
            return pass.run();
        } catch (ProtocolViolation e) {
            String message = e.getMessage();
            return message.substring(0, message.indexOf(':'));
        } catch (RuntimeException e) {
            return e.toString();
        }
    }

    private void header(int at, int lengthBytes, int kind) {
        peer.buffer().putLong(OutboxLayout.QUEUE + at, RecordLayout.header(lengthBytes, kind));
    }

    private void tail(long tail) {
        Words.setLongRelease(peer.segment(), OutboxLayout.TAIL, tail);
    }

    /** Reads the queue from its beginning to its end, and names what is there. */
    private String read() throws ProtocolViolation {
        QueueReader reader = new QueueReader(own, peerView);
        String records = "";
        int length = reader.tryRead(into);
        while (length != QueueReader.EMPTY) {
            // Strings that the compiler knows: to make new ones would take longer than to read.
            records = name(records, reader.lastKind(), length);
            length = reader.tryRead(into);
        }
        return records;
    }

    private static String name(String before, int kind, int length) {
        String record = kind == RecordLayout.KIND_FRAME
                ? switch (length) {
                    case 0 -> "F0";
                    case 8 -> "F8";
                    case 16 -> "F16";
                    default -> "F" + length;
                }
                : kind == RecordLayout.KIND_CONTROL && length == 16 ? "C16" : kind + "-" + length;
        return before.isEmpty() ? record : before.equals("F8") && record.equals("F0") ? "F8 F0" : before + " " + record;
    }

    /** A frame of 8 bytes and an empty one behind it, or one of 16 bytes, of which the last are the empty one. */
    private void twoFramesOrOne() {
        header(0, 8, RecordLayout.KIND_FRAME);
        header(16, 0, RecordLayout.KIND_FRAME);
        tail(24);
    }

    private void assertOnly(Set<String> expected, Map<String, Long> seen) {
        assertThat(seen.keySet()).as("passes: %s", seen).isEqualTo(expected);
    }

    /** Without which the others would show nothing. */
    @Test
    void whoReadsTwiceMeetsBothValues() throws Exception {
        Map<String, Long> seen = passes(peer, OutboxLayout.QUEUE, 1, 2, Set.of("changed", "same"), () ->
                Words.getLongAcquire(peerView.segment(), OutboxLayout.QUEUE)
                                == Words.getLongAcquire(peerView.segment(), OutboxLayout.QUEUE)
                        ? "same"
                        : "changed");

        assertOnly(Set.of("changed", "same"), seen);
    }

    @Test
    void lengthOfARecordIsReadOnce() throws Exception {
        twoFramesOrOne();
        Set<String> expected = Set.of("F8 F0", "F16");

        Map<String, Long> seen = passes(peer, OutboxLayout.QUEUE, RecordLayout.header(8, RecordLayout.KIND_FRAME),
                RecordLayout.header(16, RecordLayout.KIND_FRAME), expected, this::read);

        assertOnly(expected, seen);
    }

    @Test
    void kindOfARecordIsReadWithItsLength() throws Exception {
        twoFramesOrOne();
        Set<String> expected = Set.of("F8 F0", "C16");

        Map<String, Long> seen = passes(peer, OutboxLayout.QUEUE, RecordLayout.header(8, RecordLayout.KIND_FRAME),
                RecordLayout.header(16, RecordLayout.KIND_CONTROL), expected, this::read);

        assertOnly(expected, seen);
    }

    @Test
    void paddingIsToldFromAFrameOnce() throws Exception {
        header(0, 8, RecordLayout.KIND_FRAME);
        header(16, QUEUE_BYTES - 24, RecordLayout.KIND_PADDING);
        tail(QUEUE_BYTES);
        Set<String> expected = Set.of("F8", "");

        Map<String, Long> seen = passes(peer, OutboxLayout.QUEUE, RecordLayout.header(8, RecordLayout.KIND_FRAME),
                RecordLayout.header(QUEUE_BYTES - 8, RecordLayout.KIND_PADDING), expected, this::read);

        assertOnly(expected, seen);
    }

    /** One value is in order; the other is refused, unless only the first was checked. */
    @Test
    void tailIsReadOnce() throws Exception {
        header(0, 8, RecordLayout.KIND_FRAME);
        tail(16);
        Set<String> expected = Set.of("F8", TAIL_OUT_OF_RANGE);

        Map<String, Long> seen =
                passes(peer, OutboxLayout.TAIL, 16, 2L * QUEUE_BYTES, expected, this::read);

        assertOnly(expected, seen);
    }

    /** One value leaves no room; the other is refused, unless only the first was checked. */
    @Test
    void cursorIsReadOnce() throws Exception {
        QueueWriter writer = new QueueWriter(peer, ownView);
        while (writer.tryWrite(RecordLayout.KIND_FRAME, into, 0, 504)) {
            // One more.
        }
        Set<String> expected = Set.of("no room", CURSOR_OUT_OF_RANGE);

        Map<String, Long> seen = passes(own, OutboxLayout.CURSOR, 0, 2L * QUEUE_BYTES, expected, () ->
                writer.tryWrite(RecordLayout.KIND_FRAME, into, 0, 504) ? "written over what was not read" : "no room");

        assertOnly(expected, seen);
    }
}
