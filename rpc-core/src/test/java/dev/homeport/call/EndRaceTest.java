package dev.homeport.call;

import static dev.homeport.call.WireFrames.*;
import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort.Sent;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The connection ends in the midst of something: no call misses it. */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class EndRaceTest {
    private static final int CALL = 5;

    private final Rig rig = new Rig().numbered();

    /** A call leaves the table before its status does, as its caller may be quick to use the number again. */
    @ParameterizedTest
    @EnumSource(value = Sent.class, names = {"FULL", "CLOSED"})
    void connectionThatEndsWhileAStatusIsLeavingEndsTheCall(Sent sent) {
        rig.port.peerReads(false);
        rig.port.feed(open(CALL, 0, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));
        assertThat(rig.served).hasSize(1);

        rig.port.peerReads(true);
        rig.port.atNextSend(this::endByAnotherThread, sent);
        rig.port.feed(window(0, CALL, 1));

        assertThat(rig.connection.isEnded()).isTrue();
        assertThat(Rig.eventually(() -> rig.served.getFirst().ends() == 1)).isTrue();
        assertThat(Rig.eventually(() -> !rig.connection.hasOpenCalls())).isTrue();
    }

    private void endByAnotherThread() {
        Thread other = Thread.ofPlatform().start(
                () -> rig.port.close(EndCause.of(EndCause.Kind.PEER_DEATH, "")));
        try {
            other.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Whoever sends for others must not run their code under a lock: it may wait for what another thread must do. */
    @Test
    void handlerIsToldOfItsEndUnderNoLock() {
        AtomicBoolean free = new AtomicBoolean();
        rig.atComplete = () -> free.set(isOutboundFree());
        rig.port.peerReads(false);
        rig.port.feed(open(CALL, 0, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));

        rig.port.peerReads(true);
        rig.port.feed(window(0, CALL, 1));

        assertThat(rig.served.getFirst().completes).hasValue(1);
        assertThat(free).isTrue();
    }

    /** Tracers are made with the handler, which may come to its thread when the call is over. */
    @Test
    void tracerOfACallThatEndsBeforeItsHandlerBeginsHearsOfTheEndOnce() {
        List<Status> ends = new ArrayList<>();
        Queue<Runnable> waiting = new ArrayDeque<>();
        Rig crowded = new Rig(waiting::add, Rig.LIMITS, tracing(ends), 1).numbered();
        crowded.port.feed(open(CALL, 0, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));
        crowded.port.close(EndCause.of(EndCause.Kind.PEER_DEATH, ""));
        assertThat(ends).isEmpty();

        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }

        assertThat(crowded.served.getFirst().ends()).isEqualTo(1);
        assertThat(ends).extracting(Status::getCode).containsExactly(Status.Code.CANCELLED);
    }

    private static ServerSettings.Observers tracing(List<Status> ends) {
        ServerStreamTracer.Factory factory = new ServerStreamTracer.Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                return new ServerStreamTracer() {
                    @Override
                    public void streamClosed(Status status) {
                        ends.add(status);
                    }
                };
            }
        };
        return new ServerSettings.Observers(List.of(factory), List.of());
    }

    private boolean isOutboundFree() {
        CountDownLatch sent = new CountDownLatch(1);
        Thread.ofPlatform().daemon().start(() -> {
            rig.connection.outbound().windowOpened(
                    new CallOutbound(rig.connection.outbound(), null, CallWindow.BYTES));
            sent.countDown();
        });
        try {
            return sent.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
