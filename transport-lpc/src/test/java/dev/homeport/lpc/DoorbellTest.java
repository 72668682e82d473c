package dev.homeport.lpc;

import static dev.homeport.lpc.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Futex;
import dev.homeport.lpc.transfer.ControlRecord;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.OutBody;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a sleeping peer is rung: once for each sleep, but never only for what it had read before it slept. */
class DoorbellTest {
    private static final int LARGE_BYTES = 64 * 1024;

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

    /** Its wake-up takes as long as the copying of the body, and so need not be waited for afterwards. */
    @Test
    void futexSleeperIsCalledBeforeALargeBodyIsCopied() throws Exception {
        assertThat(eventually(() -> allocate(LARGE_BYTES))).isTrue();
        long tail = peer.endpoint.peer().address() + OutboxLayout.TAIL;
        int tailWord = (int) Words.getLongAcquire(peer.endpoint.peer().segment(), OutboxLayout.TAIL);

        CompletableFuture<Integer> woken = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(
                () -> woken.complete(Futex.await(tail, tailWord, TimeUnit.SECONDS.toNanos(5))));

        // It may not be in the futex yet, and is called once for each sleep.
        AtomicInteger epoch = new AtomicInteger();
        assertThat(eventually(() -> {
            peer.sleep(epoch.incrementAndGet(), OutboxLayout.FUTEX);
            return allocate(LARGE_BYTES) && woken.isDone();
        })).isTrue();
        assertThat(woken.get()).isZero();
        assertThat(port.counters().doorbellsRung()).isZero();
    }

    /** Records that waited may fill the queue again before all of them are in it: unrung, both sides would wait. */
    @Test
    void peerIsRungForWhatHadWaitedForRoom() {
        peer.sleep(1, OutboxLayout.EPOLL);
        int fit = 0;
        while (!peer.port.wantsRoom()) {
            sendRelease();
            fit++;
        }
        for (int more = 0; more < 2 * fit; more++) {
            sendRelease();
        }
        long before = port.counters().doorbellsRung();

        peer.sleep(2, OutboxLayout.EPOLL);
        peer.readAll();
        peer.ringSocket();

        assertThat(eventually(() -> port.counters().doorbellsRung() == before + 1)).isTrue();
    }

    /** It takes the room that the peer has made for another, perhaps all of it with padding, before that one is told. */
    @Test
    void peerIsRungForAReleaseWhileAnotherWaitsForRoom() {
        peer.sleep(1, OutboxLayout.EPOLL);
        assertThat(eventually(peer.port.role::tryAcquire)).isTrue();
        while (port.trySend(PlayedPeer.FRAME, 0, PlayedPeer.FRAME.length) == FramePort.Sent.SENT) {}
        long before = port.counters().doorbellsRung();
        peer.sleep(2, OutboxLayout.EPOLL);
        peer.readAll();

        sendRelease();

        assertThat(port.counters().doorbellsRung()).isEqualTo(before + 1);
        peer.port.role.release();
        peer.port.ensureWatched();
    }

    private void sendRelease() {
        peer.port.sendControl(new ControlRecord(ControlRecord.RELEASE, 0, 0), false);
    }

    private boolean allocate(int lengthBytes) {
        OutBody body = port.tryAllocate(lengthBytes);
        if (body != null) {
            body.discard();
        }
        return body != null;
    }

    private long bellsOf(int frames) {
        long before = port.counters().doorbellsRung();
        for (int i = 0; i < frames; i++) {
            assertThat(port.trySend(PlayedPeer.FRAME, 0, PlayedPeer.FRAME.length)).isEqualTo(FramePort.Sent.SENT);
        }
        return port.counters().doorbellsRung() - before;
    }
}
