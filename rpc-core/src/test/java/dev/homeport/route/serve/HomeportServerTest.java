package dev.homeport.route.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.LocalPortAddress;
import dev.homeport.RoutePolicy;
import dev.homeport.call.CallLimits;
import dev.homeport.call.Dispatch;
import dev.homeport.call.ServerSettings.Observers;
import dev.homeport.route.FakeLocalTransport;
import dev.homeport.route.LocalTransports;
import dev.homeport.spi.BodySettings;
import io.grpc.Server;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HomeportServerTest {
    private final FakeLocalTransport transport = new FakeLocalTransport();
    private final FakeRemoteServer remote = new FakeRemoteServer(transport.events);

    private HomeportServer server(@Nullable Server tcp, RoutePolicy policy, String refusal, @Nullable String name) {
        ServerPlan.Calls calls = new ServerPlan.Calls(
                (method, authority) -> null, Dispatch.ON_READER, CallLimits.DEFAULT, Observers.NONE,
                ConnectionAge.UNLIMITED);
        ServerPlan plan = new ServerPlan(policy, refusal, name, AccessRules.of(1000, List.of(7), Map.of()), calls,
                BodySettings.DEFAULTS, 1_000_000_000);
        HomeportServer.Services none = new HomeportServer.Services(List.of(), List::of);
        return new HomeportServer(tcp, null, none, plan, LocalTransports.of(transport));
    }

    @Test
    void listensFirstPublishesThenAndUnpublishesFirst() throws Exception {
        HomeportServer server = server(remote, RoutePolicy.AUTO, "", null);

        server.start();
        server.shutdown();

        assertThat(transport.events).containsExactly("listen", "publish", "unpublish", "shutdown");
        assertThat(transport.published.getFirst().tcpAddresses()).hasSize(1);
        assertThat(transport.published.getFirst().allowedUids()).containsExactly(7);
        assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(server.isTerminated()).isTrue();
    }

    @Test
    void showsTcpFirstAndThePortThen() throws Exception {
        HomeportServer server = server(remote, RoutePolicy.AUTO, "", "orders");
        server.start();

        List<SocketAddress> sockets = server.getListenSockets();

        assertThat(sockets).hasSize(2);
        assertThat(sockets.getFirst()).isInstanceOf(InetSocketAddress.class);
        assertThat(sockets.getLast()).isEqualTo(new LocalPortAddress("orders"));
        assertThat(server.getPort()).isEqualTo(50051);
    }

    @Test
    void takenNameStopsTheStartAndEndsTcp() {
        transport.nameTaken = true;
        HomeportServer server = server(remote, RoutePolicy.AUTO, "", "orders");

        assertThatThrownBy(server::start).isInstanceOf(IOException.class).hasMessageContaining("taken");
        assertThat(transport.events).containsExactly("listen", "shutdownNow");
        assertThat(server.isShutdown()).isTrue();
    }

    @Test
    void derivedNameThatIsTakenLeavesTcpAlone() throws Exception {
        transport.nameTaken = true;
        HomeportServer server = server(remote, RoutePolicy.AUTO, "", null);

        server.start();

        assertThat(transport.events).containsExactly("listen");
        assertThat(server.getListenSockets()).hasSize(1);
    }

    @Test
    void remotePolicyAndTlsPublishNothing() throws Exception {
        server(remote, RoutePolicy.REMOTE, "", null).start();
        server(remote, RoutePolicy.AUTO, "the server uses TLS", null).start();

        assertThat(transport.events).containsExactly("listen", "listen");
    }

    @Test
    void serverThatMustBeLocalDoesNotStartWithoutAPort() {
        HomeportServer server = server(null, RoutePolicy.REMOTE, "", "orders");

        assertThatThrownBy(server::start).isInstanceOf(IOException.class).hasMessageContaining("policy is remote");
    }

    @Test
    void serverWithoutTcpHasNoPort() throws Exception {
        HomeportServer server = server(null, RoutePolicy.AUTO, "", "orders");

        server.start();

        assertThat(server.getPort()).isEqualTo(-1);
        assertThat(server.getListenSockets()).containsExactly(new LocalPortAddress("orders"));
        server.shutdownNow();
        assertThat(server.isTerminated()).isTrue();
    }
}
