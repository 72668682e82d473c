package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.ReadTurn;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a sleeping peer is rung: once for each sleep, but never only for what it had read before it slept. */
class DoorbellTest {
    private PlayedPeer peer;
    private FramePort port;

    @BeforeEach
    void connect() throws Exception {
        peer = new PlayedPeer(new Deaf());
        port = peer.port;
    }

    @AfterEach
    void close() throws Exception {
        peer.close();
    }

    @Test
    void futexSleeperIsRungOnceForWhatItHasNotRead() {
        peer.sleep(OutboxLayout.FUTEX);
        assertThat(bellsOf(3)).isEqualTo(1);
    }

    /** The bell of the first frame may have come before the sleeper was in the futex: it woke nobody. */
    @Test
    void futexSleeperThatHadReadWhatItWasRungForIsRungAgain() {
        peer.sleep(OutboxLayout.FUTEX);
        assertThat(bellsOf(1)).isEqualTo(1);

        peer.readAll();

        assertThat(bellsOf(3)).isEqualTo(1);
    }

    @Test
    void epollSleeperIsRungOnce() {
        peer.sleep(OutboxLayout.EPOLL);
        assertThat(bellsOf(3)).isEqualTo(1);
    }

    @Test
    void readingPeerIsNotRung() {
        peer.sleep(OutboxLayout.READING);
        assertThat(bellsOf(3)).isZero();
    }

    @Test
    void peerIsNotRungForWhatIsSentUnrungUntilItIs() {
        peer.sleep(OutboxLayout.EPOLL);
        long before = port.counters().doorbellsRung();

        port.trySendUnrung(PlayedPeer.FRAME, 0, PlayedPeer.FRAME.length);
        assertThat(port.counters().doorbellsRung()).isEqualTo(before);
        port.ring();
        port.ring();
        assertThat(port.counters().doorbellsRung()).isEqualTo(before + 1);
    }

    /** The frame of one that will ring later must not keep another's from being rung for. */
    @Test
    void frameAfterAnUnrungOneIsRungFor() {
        peer.sleep(OutboxLayout.EPOLL);
        port.trySendUnrung(PlayedPeer.FRAME, 0, PlayedPeer.FRAME.length);

        assertThat(bellsOf(2)).isEqualTo(1);
    }

    /** Who rings late finds one that has read, and then fallen asleep to work on what it read. */
    @Test
    void peerThatHasReadAllIsNotRungAfterwards() {
        port.trySendUnrung(PlayedPeer.FRAME, 0, PlayedPeer.FRAME.length);
        peer.readAll();
        peer.sleep(OutboxLayout.EPOLL);
        long before = port.counters().doorbellsRung();

        port.ring();

        assertThat(port.counters().doorbellsRung()).isEqualTo(before);
        assertThat(bellsOf(2)).isEqualTo(1);
    }

    private long bellsOf(int frames) {
        long before = port.counters().doorbellsRung();
        for (int i = 0; i < frames; i++) {
            assertThat(port.trySend(PlayedPeer.FRAME, 0, PlayedPeer.FRAME.length)).isEqualTo(FramePort.Sent.SENT);
        }
        return port.counters().doorbellsRung() - before;
    }

    private static final class Deaf implements FrameReceiver {
        @Override
        public void onFrame(byte[] frame, int length, ReadTurn turn) {}

        @Override
        public void onRoom(ReadTurn turn) {}

        @Override
        public void onDrained(ReadTurn turn) {}

        @Override
        public void onEnd(EndCause cause) {}
    }
}
