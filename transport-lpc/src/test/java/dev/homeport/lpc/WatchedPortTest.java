package dev.homeport.lpc;

import static dev.homeport.lpc.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.ReadTurn;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Somebody always notices the next frame: a peer that writes a frame and rings nobody, as it may when it has seen a
 * reader, at the instant at which that reader stops being one.
 */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class WatchedPortTest {
    /** Well below what the safety nets of readers take. */
    private static final long SOON_SECONDS = 5;

    private final Receiver receiver = new Receiver();
    private PlayedPeer peer;
    private LpcPort port;

    /** Tells who read what, and what came after it. */
    private static final class Receiver extends Deaf {
        final BlockingQueue<Thread> readers = new LinkedBlockingQueue<>();
        final CompletableFuture<Integer> framesBeforeTheEnd = new CompletableFuture<>();
        private int frames;
        volatile FrameAction action = turn -> {};

        interface FrameAction {
            void run(ReadTurn turn);
        }

        @Override
        public void onFrame(byte[] frame, int length, ReadTurn turn) {
            frames++;
            readers.add(Thread.currentThread());
            action.run(turn);
        }

        @Override
        public void onEnd(EndCause cause) {
            framesBeforeTheEnd.complete(frames);
            super.onEnd(cause);
        }
    }

    /** A caller that reads, and leaves as a frame comes which it does not see. */
    private final class LeavingLate extends Waiting {
        volatile boolean mayLeave;

        @Override
        public boolean isDone() {
            if (mayLeave && !done && port.isReading()) {
                peer.writeUnrung();
                done = true;
            }
            return done;
        }
    }

    @BeforeEach
    void connect() throws Exception {
        peer = new PlayedPeer(receiver);
        port = peer.port;
        // The reader that looked at the new port has gone, and asked to be rung.
        assertThat(eventually(() -> peer.isLeftTo(OutboxLayout.EPOLL))).isTrue();
    }

    @AfterEach
    void close() throws Exception {
        assertThat(port.counters().safetyNetWakes()).isZero();
        peer.close();
    }

    /** Takes the role as a reader does that goes on reading: the peer need not ring. */
    private void hold() {
        assertThat(eventually(port.role::tryAcquire)).isTrue();
        port.setReading();
        assertThat(peer.sees()).isEqualTo(OutboxLayout.READING);
    }

    private Thread begin(Waiting waiter) {
        return Thread.ofPlatform().daemon().start(() -> port.await(waiter));
    }

    private static boolean isIn(Thread thread, String method) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals(CallerWait.class.getName())
                        && frame.getMethodName().equals(method));
    }

    private @Nullable Thread nextReader() throws InterruptedException {
        return receiver.readers.poll(SOON_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void frameThatCameBeforeTheRoleWasGivenUpIsRead() throws Exception {
        hold();
        peer.writeUnrung();

        port.role.release();
        port.ensureWatched();

        assertThat(nextReader()).isNotNull();
    }

    /** The caller has looked for the last time, and the peer still sees a reader. */
    @Test
    void frameThatComesAsTheLastCallerLeavesIsRead() throws Exception {
        LeavingLate leaving = new LeavingLate();
        leaving.mayLeave = true;

        Thread caller = begin(leaving);

        assertThat(caller.join(Duration.ofSeconds(SOON_SECONDS))).isTrue();
        assertThat(nextReader()).isNotNull();
    }

    /** And not a background reader: the one hand-over that a reply costs is to the thread that waits for it. */
    @Test
    void frameThatComesAsTheLeaderLeavesIsReadByAFollower() throws Exception {
        LeavingLate leading = new LeavingLate();
        Waiting following = new Waiting();
        Thread leader = begin(leading);
        assertThat(eventually(() -> isIn(leader, "awaitWords"))).isTrue();
        Thread follower = begin(following);
        assertThat(eventually(() -> isIn(follower, "park") && follower.getState() == Thread.State.TIMED_WAITING))
                .isTrue();
        receiver.action = turn -> following.done = true;

        leading.mayLeave = true;
        port.wake(leading);

        assertThat(nextReader()).isSameAs(follower);
        assertThat(leader.join(Duration.ofSeconds(SOON_SECONDS))).isTrue();
        assertThat(follower.join(Duration.ofSeconds(SOON_SECONDS))).isTrue();
    }

    /** Without waiting for the watchdog, which would come in a millisecond. */
    @Test
    void handlerThatIsAboutToWaitHasGivenUpItsTurnFirst() throws Exception {
        CompletableFuture<Boolean> stillInUserCode = new CompletableFuture<>();
        receiver.action = turn -> {
            if (!turn.tryEnterUserCode()) {
                stillInUserCode.completeExceptionally(new AssertionError("no turn"));
                return;
            }
            port.await(new Waiting() {
                @Override
                public boolean isDone() {
                    stillInUserCode.complete(port.role.isInUserCode());
                    return true;
                }
            });
            turn.leaveUserCode();
        };

        peer.writeUnrung();
        peer.ringSocket();

        assertThat(stillInUserCode.get(SOON_SECONDS, TimeUnit.SECONDS)).isFalse();
    }

    /** The end was seen while another thread had the role, with a frame that it did not come to. */
    @Test
    void frameOfADeadPeerIsReadBeforeItsEndIsTold() throws Exception {
        hold();
        peer.writeUnrung();
        peer.endpoint.shutDown();
        assertThat(eventually(port::isClosing)).isTrue();

        port.role.release();
        port.ensureWatched();

        assertThat(receiver.framesBeforeTheEnd.get(SOON_SECONDS, TimeUnit.SECONDS)).isEqualTo(1);
    }
}
