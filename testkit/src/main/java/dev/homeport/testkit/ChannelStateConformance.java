package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The states of a channel, its shutdown, and calls that wait for a server. */
public abstract class ChannelStateConformance extends Conformance {
    private final ServerProbe probe = new ServerProbe();
    private final CallRecorder<EchoReply> recorder = new CallRecorder<>();

    private ClientCall<EchoRequest, EchoReply> start(ManagedChannel channel) {
        ClientCall<EchoRequest, EchoReply> call = channel.newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());
        call.request(1);
        return call;
    }

    private void awaitState(ManagedChannel channel, ConnectivityState state) {
        Wait.until("the channel is " + state, () -> channel.getState(false) == state);
    }

    @Test
    void newChannelIsIdleAndACallMakesItReady() {
        serveEcho();
        assertThat(channel().getState(false)).isEqualTo(ConnectivityState.IDLE);

        blocking().unary(Payload.request(1, 1));

        assertThat(channel().getState(false)).isEqualTo(ConnectivityState.READY);
    }

    @Test
    void askingForTheStateMayConnect() {
        serveEcho();

        assertThat(channel().getState(true)).isEqualTo(ConnectivityState.IDLE);

        awaitState(channel(), ConnectivityState.READY);
    }

    @Test
    void changeOfStateIsToldOnce() {
        serveEcho();
        CountDownLatch changed = new CountDownLatch(1);
        channel().notifyWhenStateChanged(ConnectivityState.IDLE, changed::countDown);

        blocking().unary(Payload.request(1, 1));

        Wait.on(changed);
        assertThat(channel().getState(false)).isNotEqualTo(ConnectivityState.IDLE);
    }

    @Test
    void changeThatAlreadyHappenedIsToldAtOnce() {
        serveEcho();
        CountDownLatch changed = new CountDownLatch(1);

        channel().notifyWhenStateChanged(ConnectivityState.READY, changed::countDown);

        Wait.on(changed);
    }

    @Test
    void enterIdleLetsGoAndTheNextCallConnectsAgain() {
        serveEcho();
        blocking().unary(Payload.request(1, 1));

        channel().enterIdle();

        awaitState(channel(), ConnectivityState.IDLE);
        assertThat(blocking().unary(Payload.request(1, 2)).getSequence()).isEqualTo(2);
        assertThat(channel().getState(false)).isEqualTo(ConnectivityState.READY);
    }

    @Test
    void resetOfConnectBackoffDoesNoHarm() {
        serveEcho();
        channel().resetConnectBackoff();
        blocking().unary(Payload.request(1, 1));
        channel().resetConnectBackoff();

        assertThat(blocking().unary(Payload.request(1, 2)).getSequence()).isEqualTo(2);
    }

    @Test
    void shutdownLetsOpenCallsFinishAndRefusesNewOnes() {
        serve(probe.service());
        start(channel());
        ServerProbe.Incoming incoming = probe.awaitCall();

        channel().shutdown();

        assertThat(channel().isShutdown()).isTrue();
        assertThat(channel().isTerminated()).isFalse();
        // grpc-netty shuts down in its own time: a call that slips in between waits for the open one.
        Wait.until("the channel is shut down", () -> channel().getState(false) == ConnectivityState.SHUTDOWN);
        Status refused = statusOf(() -> blocking().unary(Payload.request(1, 1)));
        assertThat(refused.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(1, 8));
        incoming.call().close(Status.OK, new Metadata());
        assertThat(recorder.awaitMessage().getSequence()).isEqualTo(8);
        assertThat(recorder.awaitStatus().isOk()).isTrue();
        awaitTermination(channel());
    }

    private static void awaitTermination(ManagedChannel channel) {
        Wait.until("the channel is terminated", channel::isTerminated);
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.SHUTDOWN);
    }

    @Test
    void shutdownNowEndsOpenCalls() {
        serve(probe.service());
        start(channel());
        ServerProbe.Incoming incoming = probe.awaitCall();

        channel().shutdownNow();

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        awaitTermination(channel());
    }

    @Test
    void shutdownOfAnUnusedChannelTerminatesIt() throws InterruptedException {
        serveEcho();

        assertThat(channel().shutdown().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(channel().isTerminated()).isTrue();
    }

    @Test
    void secondShutdownIsNoop() {
        serveEcho();
        blocking().unary(Payload.request(1, 1));

        channel().shutdown();
        channel().shutdown();
        channel().shutdownNow();
        channel().shutdownNow();

        awaitTermination(channel());
    }

    @Test
    void awaitTerminationGivesUpInTime() throws InterruptedException {
        serve(probe.service());
        start(channel());
        probe.awaitCall();
        channel().shutdown();

        assertThat(channel().awaitTermination(10, TimeUnit.MILLISECONDS)).isFalse();
    }

    @Test
    void shutdownOfOneChannelLeavesTheOtherAlone() {
        serveEcho();
        ManagedChannel other = channel(builder -> {});
        blocking().unary(Payload.request(1, 1));

        channel().shutdownNow();

        assertThat(EchoGrpc.newBlockingStub(other).unary(Payload.request(1, 5)).getSequence())
                .isEqualTo(5);
    }

    @Test
    void callWithoutAServerIsUnavailable() {
        serveEcho().shutdownNow();

        assertThat(codeOf(() -> blocking().unary(Payload.request(1, 1)))).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void callThatWaitsForReadyIsServedWhenTheServerComes() {
        StreamRecorder<EchoRequest, EchoReply> waiting = new StreamRecorder<>();
        async().withWaitForReady().unary(Payload.request(1, 6), waiting);
        Wait.until(
                "the channel has tried",
                () -> channel().getState(false) != ConnectivityState.IDLE);

        serveEcho();
        channel().resetConnectBackoff();

        assertThat(waiting.awaitValue().getSequence()).isEqualTo(6);
        assertThat(waiting.awaitEnd().isOk()).isTrue();
    }

    @Test
    void channelFindsTheServerThatCameBack() throws InterruptedException {
        Server first = serveEcho();
        blocking().unary(Payload.request(1, 1));
        first.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);

        serveEcho();

        Wait.until("calls succeed again", () -> codeOf(() -> blocking()
                        .withWaitForReady()
                        .withDeadlineAfter(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)
                        .unary(Payload.request(1, 2)))
                == Status.Code.OK);
    }

    @Test
    void authorityOfTheChannelIsItsTarget() {
        serveEcho();

        assertThat(channel().authority()).isNotBlank();
        assertThat(channel(builder -> builder.overrideAuthority("other.example")).authority())
                .isEqualTo("other.example");
    }

    @Test
    void callMadeBeforeShutdownButStartedAfterFails() {
        serveEcho();
        blocking().unary(Payload.request(1, 1));
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        channel().shutdownNow();

        call.start(recorder, new Metadata());
        call.request(1);

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
}
