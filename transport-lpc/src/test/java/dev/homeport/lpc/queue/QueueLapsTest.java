package dev.homeport.lpc.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.spi.ProtocolViolation;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where a writer begins its ring anew: early while the peer keeps up, at the end while it does not. */
class QueueLapsTest {
    private static final int QUEUE_BYTES = 32 * 1024;
    private static final int HOT_BYTES = 512;
    private static final int FRAME_BYTES = 56;
    private static final long SEED = 20261123;

    private final byte[] into = new byte[RecordLayout.MAX_FRAME_BYTES];
    private Outbox own;
    private Outbox peer;
    private PeerOutbox peerView;
    private PeerOutbox ownView;
    private QueueWriter writer;
    private QueueReader reader;

    @BeforeEach
    void open() throws Exception {
        own = Outbox.create(QUEUE_BYTES);
        peer = Outbox.create(QUEUE_BYTES);
        peerView = PeerOutbox.map(peer.descriptor(), QUEUE_BYTES, own);
        ownView = PeerOutbox.map(own.descriptor(), QUEUE_BYTES, peer);
        writer = new QueueWriter(own, peerView);
        reader = new QueueReader(peer, ownView);
    }

    @AfterEach
    void close() throws IOException {
        ownView.close();
        peerView.close();
        own.close();
        peer.close();
    }

    private static byte[] frame(int length, int number) {
        byte[] frame = new byte[length];
        Arrays.fill(frame, (byte) (number | 1));
        return frame;
    }

    private boolean write(byte[] frame) throws ProtocolViolation {
        return writer.tryWrite(RecordLayout.KIND_FRAME, frame, 0, frame.length);
    }

    private byte[] read() throws ProtocolViolation {
        int length = reader.tryRead(into);
        return length == QueueReader.EMPTY ? new byte[0] : Arrays.copyOf(into, length);
    }

    private boolean isUntouched(int from) {
        byte[] rest = new byte[QUEUE_BYTES - from];
        own.buffer().get(OutboxLayout.QUEUE + from, rest);
        return Arrays.equals(rest, new byte[rest.length]);
    }

    @Test
    void peerThatKeepsUpSeesTheBeginningOfTheRingAlone() throws Exception {
        for (int i = 0; i < 10_000; i++) {
            byte[] frame = frame(FRAME_BYTES, i);
            assertThat(write(frame)).isTrue();
            assertThat(read()).isEqualTo(frame);
            reader.publishCursor();
        }
        assertThat(isUntouched(HOT_BYTES + 2 * RecordLayout.recordBytes(FRAME_BYTES))).isTrue();
    }

    /** A lap ends by padding, which takes room until it is read. */
    @Test
    void peerThatReadsNothingLeavesTheWholeRing() throws Exception {
        int records = QUEUE_BYTES / RecordLayout.recordBytes(FRAME_BYTES);
        for (int i = 0; i < records; i++) {
            assertThat(write(frame(FRAME_BYTES, i))).as("record %d", i).isTrue();
        }
        assertThat(write(frame(FRAME_BYTES, 0))).isFalse();
    }

    @Test
    void burstAfterALapFindsMoreRoomEachTime() throws Exception {
        int most = 0;
        for (int burst = 0; burst < 12; burst++) {
            int written = 0;
            while (written < 200 && write(frame(FRAME_BYTES, written))) {
                written++;
            }
            for (int i = 0; i < written; i++) {
                assertThat(read()).isEqualTo(frame(FRAME_BYTES, i));
            }
            reader.publishCursor();
            most = Math.max(most, written);
            if (burst > 8) {
                assertThat(written).as("after a few laps").isEqualTo(200);
            }
        }
        assertThat(most).isEqualTo(200);
    }

    @Test
    void anyMixtureKeepsOrderAndContent() throws Exception {
        Random random = new Random(SEED);
        Queue<byte[]> sent = new ArrayDeque<>();
        int refused = 0;
        for (int i = 0; i < 300_000; i++) {
            if (random.nextInt(100) < 45) {
                byte[] expected = sent.isEmpty() ? new byte[0] : sent.remove();
                assertThat(read()).isEqualTo(expected);
                if (random.nextBoolean()) {
                    reader.publishCursor();
                }
            } else if (random.nextInt(50) == 0) {
                while (!sent.isEmpty()) {
                    assertThat(read()).isEqualTo(sent.remove());
                }
                reader.publishCursor();
            } else {
                int longest = random.nextInt(20) == 0 ? RecordLayout.maxFrameBytes(QUEUE_BYTES) : 200;
                byte[] frame = frame(random.nextInt(longest), i);
                if (write(frame)) {
                    sent.add(frame);
                } else {
                    refused++;
                }
            }
        }
        assertThat(refused).isLessThan(30_000);
    }
}
