package dev.homeport.route;

import static dev.homeport.route.ChannelFixture.eventually;
import static dev.homeport.route.ChannelFixture.start;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.Route;
import dev.homeport.route.ChannelFixture.Started;
import io.grpc.CallOptions;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RoutedChannelTest {
    private final ChannelFixture fixture = new ChannelFixture();

    /** The first call; it has arrived on its path when this returns. */
    private void startLocally(RoutedChannel channel) {
        start(channel);
        eventually(() -> !fixture.transport.paths.isEmpty() && !fixture.transport.last().calls.isEmpty());
    }

    @Test
    void firstCallGoesLocalIfTheServerIsThere() {
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();

        start(channel);

        eventually(() -> !fixture.transport.paths.isEmpty() && !fixture.transport.last().calls.isEmpty());
        FakeCall call = fixture.transport.last().calls.getFirst();
        eventually(() -> call.log.size() == 2);
        assertThat(call.log).containsExactly("start", "message 1");
        assertThat(fixture.remote.calls).isEmpty();
        assertThat(Route.of(channel)).isNotNull().matches(Route::isLocal);
    }

    @Test
    void callGoesRemoteWithTheReasonIfNothingIsPublished() {
        RoutedChannel channel = fixture.routed();

        Started started = start(channel);

        eventually(() -> !fixture.remote.calls.isEmpty());
        eventually(() -> started.call().getAttributes().get(Route.ATTRIBUTE) != null);
        assertThat(started.call().getAttributes().get(Route.ATTRIBUTE))
                .isEqualTo(Route.remote(FakeLocalTransport.NOTHING));
        assertThat(channel.route()).isEqualTo(Route.remote(FakeLocalTransport.NOTHING));
    }

    @Test
    void callsMoveWhenTheLocalServerAppears() {
        RoutedChannel channel = fixture.routed();
        start(channel);
        eventually(() -> fixture.remote.calls.size() == 1);

        fixture.transport.available = true;
        eventually(() -> {
            start(channel);
            return !fixture.transport.paths.isEmpty() && !fixture.transport.last().calls.isEmpty();
        });
    }

    @Test
    void callsGoToTheSuccessorAtOnceWhenTheServerDies() {
        fixture.settings.put(Configuration.LOOKUP_INTERVAL, "1000s");
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();
        startLocally(channel);

        FakePath first = fixture.transport.last();
        first.die();
        start(channel);

        eventually(() -> fixture.transport.paths.size() == 2 && !fixture.transport.last().calls.isEmpty());
        assertThat(fixture.remote.calls).isEmpty();
    }

    @Test
    void callsGoRemoteWhenTheServerDiesAndComeBackWithIt() {
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();
        startLocally(channel);

        fixture.transport.available = false;
        fixture.transport.last().die();
        start(channel);
        eventually(() -> fixture.remote.calls.size() == 1);

        fixture.transport.available = true;
        eventually(() -> {
            start(channel);
            return fixture.transport.paths.size() == 2;
        });
    }

    @Test
    void slowSetUpLetsTheFirstCallGoRemoteAndServesLaterOnes() {
        fixture.settings.put(Configuration.CONNECT_WAIT, "5ms");
        fixture.transport.available = true;
        CountDownLatch gate = new CountDownLatch(1);
        fixture.transport.gate = gate;
        RoutedChannel channel = fixture.routed();

        start(channel);
        eventually(() -> fixture.remote.calls.size() == 1);
        start(channel);
        assertThat(fixture.remote.calls).as("the wait is over for everybody").hasSize(2);

        gate.countDown();
        eventually(() -> {
            start(channel);
            return !fixture.transport.paths.isEmpty() && !fixture.transport.last().calls.isEmpty();
        });
    }

    @Test
    void callsLookAgainNoMoreOftenThanTheInterval() {
        fixture.settings.put(Configuration.LOOKUP_INTERVAL, "1000s");
        RoutedChannel channel = fixture.routed();
        for (int i = 0; i < 100; i++) {
            start(channel);
        }
        eventually(() -> fixture.remote.calls.size() == 100);

        assertThat(fixture.transport.queries).hasSize(1);
    }

    @Test
    void localPolicyFailsFastWithTheReason() throws Exception {
        fixture.settings.put(Configuration.ROUTE, "local");
        RoutedChannel channel = fixture.routed();

        Status status = start(channel).listener().await();

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).contains(FakeLocalTransport.NOTHING);
        assertThat(fixture.remote.calls).isEmpty();
    }

    @Test
    void localPolicyWithWaitForReadyWaitsForTheServer() {
        fixture.settings.put(Configuration.ROUTE, "local");
        RoutedChannel channel = fixture.routed();
        start(channel, FakeCall.METHOD, CallOptions.DEFAULT.withWaitForReady());
        eventually(() -> fixture.transport.queries.size() > 3);

        fixture.transport.available = true;

        eventually(() -> !fixture.transport.paths.isEmpty() && !fixture.transport.last().calls.isEmpty());
    }

    @Test
    void waitForReadyEndsWithTheDeadline() throws Exception {
        RoutedChannel channel = fixture.withoutTcp();

        Status status = start(
                        channel, FakeCall.METHOD,
                        CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(20, TimeUnit.MILLISECONDS))
                .listener().await();

        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void remotePolicyNeverLooks() {
        fixture.settings.put(Configuration.ROUTE, "remote");
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();

        start(channel);

        assertThat(fixture.remote.calls).hasSize(1);
        assertThat(fixture.transport.queries).isEmpty();
    }

    @Test
    void servicesHaveTheirOwnPolicy() {
        fixture.settings.put(Configuration.ROUTE + ".shop.Stock", "remote");
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();
        startLocally(channel);

        start(channel, FakeCall.method("shop.Stock/Count"), CallOptions.DEFAULT);

        assertThat(fixture.remote.calls).hasSize(1);
    }

    @Test
    void methodConfigHoldsOnTheLocalRoute() {
        fixture.serviceConfig = Map.of("methodConfig", List.of(Map.of(
                "name", List.of(Map.of("service", "shop.Orders")),
                "timeout", "1.5s",
                "waitForReady", true,
                "maxRequestMessageBytes", 100.0,
                "maxResponseMessageBytes", 200.0)));
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();
        start(channel, FakeCall.METHOD, CallOptions.DEFAULT.withMaxInboundMessageSize(50));

        eventually(() -> !fixture.transport.paths.isEmpty() && !fixture.transport.last().calls.isEmpty());
        CallOptions options = fixture.transport.last().calls.getFirst().options;
        assertThat(options.isWaitForReady()).isTrue();
        assertThat(options.getMaxOutboundMessageSize()).isEqualTo(100);
        assertThat(options.getMaxInboundMessageSize()).isEqualTo(50);
        assertThat(options.getDeadline()).isNotNull();
        assertThat(options.getDeadline().timeRemaining(TimeUnit.MILLISECONDS)).isBetween(1L, 1500L);
    }

    @Test
    void tlsStaysRemoteWithTheReason() {
        fixture.security = ChannelSecurity.ofBuilder(false);
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();

        start(channel);

        assertThat(fixture.remote.calls).hasSize(1);
        assertThat(channel.route().reason()).contains("TLS");
        assertThat(fixture.transport.queries).isEmpty();
    }

    @Test
    void tlsGoesLocalWhereConfigured() {
        fixture.settings.put(Configuration.SECURE_LOCAL, "true");
        fixture.security = ChannelSecurity.ofBuilder(false);
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();

        start(channel);

        eventually(() -> channel.route().isLocal());
    }

    @Test
    void refusedSetUpGoesRemoteWithTheReason() {
        fixture.transport.available = true;
        fixture.transport.failures.set(3);
        RoutedChannel channel = fixture.routed();

        start(channel);

        eventually(() -> fixture.remote.calls.size() == 1);
        assertThat(channel.route().reason()).contains("refused");
    }

    @Test
    void serverThatClosedBetweenSearchAndSetUpIsLookedForAgain() {
        fixture.transport.available = true;
        fixture.transport.failures.set(2);
        RoutedChannel channel = fixture.routed();

        start(channel);

        eventually(() -> channel.route().isLocal());
        assertThat(fixture.remote.calls).isEmpty();
    }
}
