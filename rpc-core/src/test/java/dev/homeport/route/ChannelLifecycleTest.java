package dev.homeport.route;

import static dev.homeport.route.ChannelFixture.eventually;
import static dev.homeport.route.ChannelFixture.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.route.ChannelFixture.Started;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChannelLifecycleTest {
    private final ChannelFixture fixture = new ChannelFixture();

    @Test
    void localConnectionIsReadyAndOtherwiseTheRemoteStateCounts() {
        RoutedChannel channel = fixture.routed();
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.IDLE);
        fixture.remote.become(ConnectivityState.TRANSIENT_FAILURE);
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);

        fixture.transport.available = true;
        start(channel);
        eventually(() -> channel.getState(false) == ConnectivityState.READY);

        fixture.transport.last().die();
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
    }

    @Test
    void requestToConnectAsksTheRemoteSideOnlyIfThereIsNoLocalOne() {
        RoutedChannel alone = fixture.routed();
        alone.getState(true);
        eventually(() -> fixture.remote.connectRequests.get() == 1);

        fixture.transport.available = true;
        RoutedChannel served = fixture.routed();
        served.getState(true);
        eventually(() -> served.getState(false) == ConnectivityState.READY);
        assertThat(fixture.remote.connectRequests).hasValue(1);
    }

    @Test
    void watchersHearOfBothSides() throws Exception {
        RoutedChannel channel = fixture.routed();
        CountDownLatch remoteChange = new CountDownLatch(1);
        channel.notifyWhenStateChanged(ConnectivityState.IDLE, remoteChange::countDown);
        fixture.remote.become(ConnectivityState.CONNECTING);
        assertThat(remoteChange.await(10, TimeUnit.SECONDS)).isTrue();

        CountDownLatch localChange = new CountDownLatch(1);
        channel.notifyWhenStateChanged(ConnectivityState.CONNECTING, localChange::countDown);
        fixture.transport.available = true;
        start(channel);
        assertThat(localChange.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void channelWithoutTcpShowsItsLocalSide() throws Exception {
        RoutedChannel channel = fixture.withoutTcp();
        assertThat(channel.authority()).isEqualTo("orders");
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.IDLE);

        assertThat(start(channel).listener().await().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);

        fixture.transport.available = true;
        channel.getState(true);
        eventually(() -> {
            channel.getState(true);
            return channel.getState(false) == ConnectivityState.READY;
        });
        channel.shutdown();
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.SHUTDOWN);
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void idleConnectionIsClosedAndTheNextCallOpensAnother() {
        fixture.idleNanos = TimeUnit.MILLISECONDS.toNanos(500);
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();
        start(channel);
        eventually(() -> channel.getState(false) == ConnectivityState.READY);

        eventually(() -> channel.getState(false) == ConnectivityState.IDLE);

        start(channel);
        eventually(() -> fixture.transport.paths.size() == 2);
    }

    @Test
    void enterIdleLetsTheConnectionGo() {
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();
        start(channel);
        eventually(() -> channel.getState(false) == ConnectivityState.READY);

        channel.enterIdle();

        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.IDLE);
        assertThat(fixture.transport.last().acceptsCalls()).isFalse();
    }

    @Test
    void shutdownLetsACallThatWaitsFinishAndTakesNoOther() throws Exception {
        fixture.transport.available = true;
        CountDownLatch gate = new CountDownLatch(1);
        fixture.transport.gate = gate;
        RoutedChannel channel = fixture.withoutTcp();
        start(channel);

        channel.shutdown();
        Started late = start(channel);
        assertThat(late.listener().await().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(channel.isTerminated()).isFalse();
        gate.countDown();

        eventually(() -> !fixture.transport.paths.isEmpty() && !fixture.transport.last().calls.isEmpty());
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void shutdownNowEndsCallsThatWait() throws Exception {
        RoutedChannel channel = fixture.withoutTcp();
        Started waiting = start(channel, FakeCall.METHOD, CallOptions.DEFAULT.withWaitForReady());

        channel.shutdownNow();

        Status status = waiting.listener().await();
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).isEqualTo("Channel shutdownNow invoked");
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(channel.isTerminated()).isTrue();
    }

    @Test
    void shutdownNowEndsAConnectionThatArrivesLate() {
        fixture.transport.available = true;
        CountDownLatch gate = new CountDownLatch(1);
        fixture.transport.gate = gate;
        RoutedChannel channel = fixture.routed();
        start(channel);
        eventually(() -> !fixture.transport.queries.isEmpty());

        channel.shutdownNow();
        gate.countDown();

        eventually(() -> !fixture.transport.paths.isEmpty() && fixture.transport.last().endedWith() != null);
    }
}
