package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.Publisher;
import dev.homeport.lpc.queue.Words;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.ReadTurn;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a sleeping peer is rung: once for each sleep, but never only for what it had read before it slept. */
class DoorbellTest {
    private static final Setup SERVER = new Setup("server", "", "", 8192, 1 << 20, true, 5_000_000_000L);
    private static final Setup CLIENT = new Setup("client", "agent/1", "here", 8192, 1 << 20, false, 5_000_000_000L);
    private static final byte[] FRAME = new byte[32];
    private static final int EPOCH = 7 * OutboxLayout.EPOCH_STEP;

    private final BlockingQueue<Endpoint> accepted = new LinkedBlockingQueue<>();
    private Publisher publisher;
    private FramePort port;
    private Endpoint sleeper;

    @BeforeEach
    void connect() throws Exception {
        String name = "doorbell-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        publisher = Publisher.publish(new PublishRequest(name, List.of(), SERVER, List.of()), accepted::add);
        LpcTransport transport = new LpcTransport();
        PortSearch.Found found = (PortSearch.Found) transport.find(new PortQuery.ByName(name, -1));
        transport.connect(found.port(), CLIENT, (made, peer) -> {
            port = made;
            return new Deaf();
        });
        sleeper = accepted.poll(10, TimeUnit.SECONDS);
        assertThat(sleeper).isNotNull();
    }

    @AfterEach
    void close() throws Exception {
        port.close(EndCause.of(EndCause.Kind.LOCAL_CLOSE, "test"));
        sleeper.close();
        publisher.close();
    }

    @Test
    void futexSleeperIsRungOnceForWhatItHasNotRead() {
        sleep(OutboxLayout.FUTEX);
        assertThat(bellsOf(3)).isEqualTo(1);
    }

    /** The bell of the first frame may have come before the sleeper was in the futex: it woke nobody. */
    @Test
    void futexSleeperThatHadReadWhatItWasRungForIsRungAgain() {
        sleep(OutboxLayout.FUTEX);
        assertThat(bellsOf(1)).isEqualTo(1);

        Words.setLongRelease(
                sleeper.own().segment(),
                OutboxLayout.CURSOR,
                Words.getLongAcquire(sleeper.peer().segment(), OutboxLayout.TAIL));

        assertThat(bellsOf(3)).isEqualTo(1);
    }

    @Test
    void epollSleeperIsRungOnce() {
        sleep(OutboxLayout.EPOLL);
        assertThat(bellsOf(3)).isEqualTo(1);
    }

    @Test
    void readingPeerIsNotRung() {
        sleep(OutboxLayout.READING);
        assertThat(bellsOf(3)).isZero();
    }

    @Test
    void peerIsNotRungForWhatIsSentUnrungUntilItIs() {
        sleep(OutboxLayout.EPOLL);
        long before = port.counters().doorbellsRung();

        port.trySendUnrung(FRAME, 0, FRAME.length);
        assertThat(port.counters().doorbellsRung()).isEqualTo(before);
        port.ring();
        port.ring();
        assertThat(port.counters().doorbellsRung()).isEqualTo(before + 1);
    }

    /** The frame of one that will ring later must not keep another's from being rung for. */
    @Test
    void frameAfterAnUnrungOneIsRungFor() {
        sleep(OutboxLayout.EPOLL);
        port.trySendUnrung(FRAME, 0, FRAME.length);

        assertThat(bellsOf(2)).isEqualTo(1);
    }

    /** Who rings late finds one that has read, and then fallen asleep to work on what it read. */
    @Test
    void peerThatHasReadAllIsNotRungAfterwards() {
        port.trySendUnrung(FRAME, 0, FRAME.length);
        Words.setLongRelease(
                sleeper.own().segment(),
                OutboxLayout.CURSOR,
                Words.getLongAcquire(sleeper.peer().segment(), OutboxLayout.TAIL));
        sleep(OutboxLayout.EPOLL);
        long before = port.counters().doorbellsRung();

        port.ring();

        assertThat(port.counters().doorbellsRung()).isEqualTo(before);
        assertThat(bellsOf(2)).isEqualTo(1);
    }

    private void sleep(int how) {
        Words.setIntRelease(sleeper.own().segment(), OutboxLayout.ASLEEP, EPOCH | how);
    }

    private long bellsOf(int frames) {
        long before = port.counters().doorbellsRung();
        for (int i = 0; i < frames; i++) {
            assertThat(port.trySend(FRAME, 0, FRAME.length)).isEqualTo(FramePort.Sent.SENT);
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
