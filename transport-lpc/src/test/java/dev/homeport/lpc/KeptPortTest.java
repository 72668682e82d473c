package dev.homeport.lpc;

import static dev.homeport.lpc.Eventually.eventually;
import static dev.homeport.lpc.memory.OutboxLayout.EPOLL;
import static dev.homeport.lpc.memory.OutboxLayout.FUTEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.ReadTurn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A reader sleeps in a futex for the one port that rings, and misses nothing by it: neither of that port nor of others.
 * Each wait is far below what the safety nets take.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class KeptPortTest {
    private static final long SOON_SECONDS = 5;
    /** More than it takes to be kept, with some that come while the port is polled. */
    private static final int MOST_BELLS = 2000;

    private final List<PlayedPeer> peers = new ArrayList<>();

    /** Counts frames, and what else it is told. */
    private static class Counting extends Deaf {
        final Semaphore frames = new Semaphore(0);
        final Semaphore rooms = new Semaphore(0);

        @Override
        public void onFrame(byte[] frame, int length, ReadTurn turn) {
            frames.release();
        }

        @Override
        public void onRoom(ReadTurn turn) {
            rooms.release();
        }

        boolean isReadSoon() throws InterruptedException {
            return frames.tryAcquire(SOON_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Gives the next frame to a caller, whose reply it is. */
    private static final class Replying extends Counting {
        volatile Waiting caller = new Waiting();

        @Override
        public void onFrame(byte[] frame, int length, ReadTurn turn) {
            caller.done = true;
            super.onFrame(frame, length, turn);
        }
    }

    private PlayedPeer connect(FrameReceiver receiver) throws Exception {
        PlayedPeer peer = new PlayedPeer(receiver);
        peers.add(peer);
        return peer;
    }

    @AfterEach
    void close() throws Exception {
        for (PlayedPeer peer : peers) {
            assertThat(peer.port.counters().safetyNetWakes()).isZero();
            peer.close();
        }
    }

    /** Calls one by one until a reader sleeps for this port alone. */
    private void makeKept(PlayedPeer peer, Counting receiver) throws InterruptedException {
        for (int bells = 0; bells < MOST_BELLS && !peer.isLeftTo(FUTEX); bells++) {
            assertThat(eventually(() -> peer.isLeftTo(EPOLL) || peer.isLeftTo(FUTEX))).isTrue();
            send(peer, receiver);
        }
        assertThat(peer.isLeftTo(FUTEX)).isTrue();
    }

    private static void send(PlayedPeer peer, Counting receiver) throws InterruptedException {
        peer.writeUnrung();
        peer.ring();
        assertThat(receiver.isReadSoon()).isTrue();
    }

    @Test
    void portThatAloneRingsIsKeptAndItsFramesAreRead() throws Exception {
        Counting receiver = new Counting();
        PlayedPeer peer = connect(receiver);
        makeKept(peer, receiver);

        for (int frame = 0; frame < 1000; frame++) {
            send(peer, receiver);
        }
        // It was polled meanwhile, as frames came one upon another.
        makeKept(peer, receiver);
    }

    @Test
    void bellOfAnotherPortEndsTheKeepingAndBothAreRead() throws Exception {
        Counting kept = new Counting();
        Counting other = new Counting();
        PlayedPeer keptPeer = connect(kept);
        PlayedPeer otherPeer = connect(other);
        makeKept(keptPeer, kept);
        assertThat(eventually(() -> otherPeer.isLeftTo(EPOLL))).isTrue();

        send(otherPeer, other);

        for (int frame = 0; frame < 100; frame++) {
            send(keptPeer, kept);
            send(otherPeer, other);
        }
        assertThat(eventually(() -> !keptPeer.isLeftTo(FUTEX) && !otherPeer.isLeftTo(FUTEX))).isTrue();
    }

    /** The other reader is away: the keeper has to look after all ports. */
    @Test
    void slowHandlerOfAnotherPortLeavesNoThirdOneUnread() throws Exception {
        CountDownLatch letGo = new CountDownLatch(1);
        CompletableFuture<Boolean> entered = new CompletableFuture<>();
        Counting kept = new Counting();
        Counting third = new Counting();
        Counting slow = new Counting() {
            @Override
            public void onFrame(byte[] frame, int length, ReadTurn turn) {
                super.onFrame(frame, length, turn);
                boolean mayRun = turn.tryEnterUserCode();
                entered.complete(mayRun);
                if (mayRun) {
                    try {
                        letGo.await(30, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    turn.leaveUserCode();
                }
            }
        };
        PlayedPeer thirdPeer = connect(third);
        PlayedPeer slowPeer = connect(slow);
        PlayedPeer keptPeer = connect(kept);
        makeKept(keptPeer, kept);
        assertThat(eventually(() -> thirdPeer.isLeftTo(EPOLL) && slowPeer.isLeftTo(EPOLL))).isTrue();

        send(slowPeer, slow);
        assertThat(entered.get(SOON_SECONDS, TimeUnit.SECONDS)).isTrue();
        try {
            send(thirdPeer, third);
            send(keptPeer, kept);
            send(thirdPeer, third);
        } finally {
            letGo.countDown();
        }
    }

    /** A caller reads the port while it waits, and leaves it to whoever slept for it before. */
    @Test
    void callerThatReadAKeptPortLeavesItToItsKeeper() throws Exception {
        Replying receiver = new Replying();
        PlayedPeer peer = connect(receiver);
        makeKept(peer, receiver);

        for (int call = 0; call < 200; call++) {
            Waiting caller = new Waiting();
            receiver.caller = caller;
            Thread waits = Thread.ofPlatform().daemon().start(() -> peer.port.await(caller));
            assertThat(eventually(() -> !peer.port.role.isFree())).isTrue();
            peer.writeUnrung();
            // Whoever sleeps by now: an honest peer rings once for each sleep.
            peer.ring();
            assertThat(waits.join(Duration.ofSeconds(SOON_SECONDS))).isTrue();
            assertThat(receiver.isReadSoon()).isTrue();
            assertThat(eventually(() -> peer.isLeftTo(FUTEX) || peer.isLeftTo(EPOLL))).isTrue();
            send(peer, receiver);
        }
    }

    @Test
    void keptPortThatEndsIsToldOfItAndLetsItsKeeperGo() throws Exception {
        for (EndCause.Kind cause : List.of(EndCause.Kind.PEER_DEATH, EndCause.Kind.LOCAL_CLOSE)) {
            Counting receiver = new Counting();
            PlayedPeer peer = connect(receiver);
            makeKept(peer, receiver);

            if (cause == EndCause.Kind.PEER_DEATH) {
                peer.endpoint.shutDown();
            } else {
                peer.port.close(EndCause.of(cause, "test"));
            }

            assertThat(receiver.end.get(SOON_SECONDS, TimeUnit.SECONDS).kind()).isEqualTo(cause);
            assertThat(eventually(() -> peer.port.keeper == null)).isTrue();
            assertThat(peer.port.enter()).isFalse();
        }
    }

    /** Room is told by another word of the peer, which a keeper does not look at. */
    @Test
    void whoWaitsForRoomOnAKeptPortIsTold() throws Exception {
        Counting receiver = new Counting();
        PlayedPeer peer = connect(receiver);
        makeKept(peer, receiver);

        peer.sleep(EPOLL);
        FramePort.Sent sent;
        do {
            sent = peer.port.trySend(PlayedPeer.FRAME, 0, PlayedPeer.FRAME.length);
        } while (sent == FramePort.Sent.SENT);
        assertThat(sent).isEqualTo(FramePort.Sent.FULL);
        assertThat(eventually(() -> peer.isLeftTo(EPOLL))).isTrue();
        peer.readAll();
        peer.ringSocket();

        assertThat(receiver.rooms.tryAcquire(SOON_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
