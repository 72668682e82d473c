package dev.homeport.route;

import dev.homeport.LocalInetAddress;
import dev.homeport.LocalPortAddress;
import dev.homeport.Route;
import dev.homeport.spi.LocalTransport;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One attempt to reach a target locally: resolve, look for its connection port, set up. Blocks, so it
 * runs on {@link RouteThreads#connectors()}; one at a time for each channel.
 */
final class LocalConnector implements LocalRoute.Attempt {

    /** Sets up a connection to a port that was found. */
    @FunctionalInterface
    interface Opener {
        /** @param server address of the server as calls show it */
        LocalPath open(ConnectionPort port, Route route, SocketAddress server) throws IOException;
    }

    /** Times an attempt searches and sets up; each after the first takes a fraction of a millisecond. */
    private static final int MAX_TRIES = 3;

    /** A set-up that took longer is not one that a successor's coming made fail. */
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final LocalTransport transport;
    private final Opener opener;
    private final TargetAddress target;

    private final HostAddresses host;

    LocalConnector(LocalTransport transport, Opener opener, TargetAddress target) {
        this(transport, opener, target,
                new HostAddresses(target instanceof TargetAddress.ByTcp tcp ? tcp.host() : "localhost"));
    }

    LocalConnector(LocalTransport transport, Opener opener, TargetAddress target, HostAddresses host) {
        this.transport = transport;
        this.opener = opener;
        this.target = target;
        this.host = host;
    }

    @Override
    public boolean isCold() {
        return transport.isCold();
    }

    @Override
    public LocalRoute.Outcome run() {
        long deadlineNanos = System.nanoTime() + RETRY_NANOS;
        for (int tries = 1; ; tries++) {
            try {
                return switch (target) {
                    case TargetAddress.ByName named -> byName(named.port());
                    case TargetAddress.ByTcp tcp -> byTcp(tcp);
                    case TargetAddress.Elsewhere elsewhere ->
                        new LocalRoute.Outcome.None(elsewhere.reason(), HostAddresses.REMEMBERED_NANOS);
                };
            } catch (IOException e) {
                // A server that closed between search and set-up has most often been replaced.
                if (tries == MAX_TRIES || System.nanoTime() - deadlineNanos > 0) {
                    return new LocalRoute.Outcome.None("local set-up failed: " + e.getMessage(), 0);
                }
            }
        }
    }

    private LocalRoute.Outcome byName(PortName name) throws IOException {
        return switch (transport.find(new PortQuery.ByName(name.name(), name.uid()))) {
            case PortSearch.NotFound missing -> new LocalRoute.Outcome.None(missing.reason(), 0);
            case PortSearch.Found(ConnectionPort port) -> {
                Route route = Route.local(port.name(), "the target means the port " + name);
                yield new LocalRoute.Outcome.Open(opener.open(port, route, new LocalPortAddress(port.name())));
            }
        };
    }

    private LocalRoute.Outcome byTcp(TargetAddress.ByTcp tcp) throws IOException {
        HostAddresses.Answer answer = host.ask(System.nanoTime());
        if (!answer.isThisHost()) {
            // Nothing changes before the name is resolved again.
            return new LocalRoute.Outcome.None(answer.reason(), HostAddresses.REMEMBERED_NANOS);
        }
        return byAddresses(tcp, answer.addresses());
    }

    /**
     * Looks at the addresses in the order gRPC would connect, and goes no further than the first on which
     * somebody listens: that is where TCP would go.
     */
    private LocalRoute.Outcome byAddresses(TargetAddress.ByTcp tcp, List<InetAddress> addresses) throws IOException {
        String reason = "";
        for (InetAddress address : addresses) {
            PortSearch search = transport.find(new PortQuery.ByAddress(new InetSocketAddress(address, tcp.port())));
            if (search instanceof PortSearch.Found(ConnectionPort port)) {
                Route route = Route.local(port.name(), tcp + " is served by process " + port.serverPid() + " here");
                return new LocalRoute.Outcome.Open(
                        opener.open(port, route, new LocalInetAddress(address, tcp.port(), port.name())));
            }
            if (search instanceof PortSearch.NotFound missing) {
                if (missing.mayBeServed()) {
                    return new LocalRoute.Outcome.None(missing.reason(), 0);
                }
                reason = reason.isEmpty() ? missing.reason() : reason;
            }
        }
        return new LocalRoute.Outcome.None(reason, 0);
    }
}
