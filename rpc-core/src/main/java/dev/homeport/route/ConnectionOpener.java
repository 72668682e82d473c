package dev.homeport.route;

import dev.homeport.LocalInetAddress;
import dev.homeport.Route;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.CallWindow;
import dev.homeport.call.Connection;
import dev.homeport.call.ConnectionChannel;
import dev.homeport.spi.BodySettings;
import dev.homeport.spi.LocalTransport;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ClientTransportFilter;
import io.grpc.Grpc;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Sets up connections of the call engine for one channel. Blocks for the time of a set-up. */
final class ConnectionOpener implements LocalConnector.Opener {
    /** A server that has not answered by then is stuck; calls have gone remote long before. */
    private static final long SETUP_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final LocalTransport transport;
    private final CallDefaults defaults;
    private final String authority;
    private final BodySettings bodies;
    private final SectionWishes sections;

    ConnectionOpener(LocalTransport transport, ChannelPlan plan) {
        this.transport = transport;
        this.defaults = plan.calls();
        this.authority = plan.authority();
        this.bodies = plan.configuration().bodies();
        this.sections = plan.sections();
    }

    @Override
    public LocalPath open(ConnectionPort port, Route route, SocketAddress server) throws IOException {
        Attributes attributes = attributesOf(port, route, server);
        Setup setup = setup();
        ClientSettings settings =
                new ClientSettings(authority, defaults.executor(), defaults.limits(), attributes);
        AtomicReference<@Nullable Connection> made = new AtomicReference<>();
        transport.connect(port, setup, (framePort, peer) -> {
            Connection connection = new Connection(
                    framePort, peer, settings, defaults.callbackSettings(attributes));
            made.set(connection);
            return connection;
        });
        Connection connection = Objects.requireNonNull(made.get(), "the transport asked for no receiver");
        connection.whenEnded(() -> defaults.filters().forEach(filter -> filter.transportTerminated(attributes)));
        return new ConnectionPath(connection, route, intercepted(connection));
    }

    private @Nullable Channel intercepted(Connection connection) {
        return defaults.interceptors().isEmpty()
                ? null
                : ClientInterceptors.intercept(new ConnectionChannel(connection, authority), defaults.interceptors());
    }

    private Attributes attributesOf(ConnectionPort port, Route route, SocketAddress server) {
        SocketAddress own = server instanceof LocalInetAddress inet
                ? new LocalInetAddress(inet.getAddress(), 0, port.name())
                : server;
        Attributes attributes = Attributes.newBuilder()
                .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, server)
                .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, own)
                .set(Route.ATTRIBUTE, route)
                .build();
        List<ClientTransportFilter> filters = defaults.filters();
        for (ClientTransportFilter filter : filters) {
            attributes = filter.transportReady(attributes);
        }
        return attributes;
    }

    private Setup setup() {
        Setup plain = new Setup(
                "process " + ProcessHandle.current().pid(),
                defaults.userAgent(),
                authority,
                defaults.limits().maxMetadataBytes(),
                CallWindow.BYTES,
                defaults.callbacks() != null,
                SETUP_TIMEOUT_NANOS);
        return sections.addTo(plain.withBodies(bodies));
    }
}
