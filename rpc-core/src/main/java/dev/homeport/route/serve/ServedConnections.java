package dev.homeport.route.serve;

import dev.homeport.LocalInetAddress;
import dev.homeport.LocalPortAddress;
import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.MethodLookup;
import dev.homeport.call.ServerSettings;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.PortCounters;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Server;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The local connections of one server, from their set-up to their end. Owned by {@link HomeportServer};
 * any thread may call it. No method of a connection is called under the lock.
 */
final class ServedConnections {
    private static final Status SHUTDOWN_NOW = Status.UNAVAILABLE.withDescription("Server shutdownNow invoked");

    /** Authority of callbacks: who called has no name. */
    private static final String CALLER = "caller";

    private final ServerPlan.Calls calls;
    private final AccessRules access;
    private final Server server;

    /** Protects what follows. */
    private final Object lock = new Object();
    private final Set<Connection> open = new HashSet<>();
    private boolean shutdown;

    /** @param server as reflection finds it */
    ServedConnections(ServerPlan.Calls calls, AccessRules access, Server server) {
        this.calls = calls;
        this.access = access;
        this.server = server;
    }

    /** @param addresses where the server listens by TCP; empty if it does not */
    FrameReceiver accept(FramePort port, Setup peer, String portName, List<InetSocketAddress> addresses) {
        Attributes attributes = attributesOf(portName, addresses);
        AtomicReference<Peer> caller = new AtomicReference<>();
        MethodLookup methods =
                access.areNone() ? calls.methods() : new GuardedMethods(calls.methods(), access, caller::get);
        ServerSettings settings = new ServerSettings(
                methods, calls.dispatch(), calls.limits(), calls.observers(),
                attributes, server);
        ClientSettings callbacks =
                peer.servesCalls() ? new ClientSettings(CALLER, null, calls.limits(), attributes) : null;
        Connection connection = new Connection(port, peer, callbacks, settings);
        caller.set(connection.attributes().get(Peer.ATTRIBUTE));
        boolean late;
        synchronized (lock) {
            late = shutdown;
            open.add(connection);
        }
        connection.whenEnded(() -> remove(connection));
        if (late) {
            connection.shutdown();
        }
        calls.age().watch(new AgingConnection(connection, port));
        return connection;
    }

    private static Attributes attributesOf(String portName, List<InetSocketAddress> addresses) {
        Function<Integer, SocketAddress> address = addresses.isEmpty()
                ? port -> new LocalPortAddress(portName)
                : port -> new LocalInetAddress(reachable(addresses.getFirst().getAddress()), port, portName);
        int listening = addresses.isEmpty() ? 0 : addresses.getFirst().getPort();
        return Attributes.newBuilder()
                .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, address.apply(listening))
                .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, address.apply(0))
                .set(Route.ATTRIBUTE, Route.local(portName, "the client found this server's connection port"))
                .build();
    }

    /** A local client reaches a server that listens on every address by the loopback one. */
    private static InetAddress reachable(InetAddress listening) {
        return listening.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : listening;
    }

    private void remove(Connection connection) {
        synchronized (lock) {
            open.remove(connection);
            lock.notifyAll();
        }
    }

    /** Lets connections end when their calls have. */
    void shutdown() {
        closing().forEach(Connection::shutdown);
    }

    void shutdownNow() {
        closing().forEach(connection -> connection.shutdownNow(SHUTDOWN_NOW));
    }

    private List<Connection> closing() {
        synchronized (lock) {
            shutdown = true;
            lock.notifyAll();
            return List.copyOf(open);
        }
    }

    boolean isTerminated() {
        synchronized (lock) {
            return shutdown && open.isEmpty();
        }
    }

    /** @param deadlineNanos {@link System#nanoTime} at which to give up */
    boolean awaitTermination(long deadlineNanos) throws InterruptedException {
        synchronized (lock) {
            while (!(shutdown && open.isEmpty())) {
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(lock, left);
            }
            return true;
        }
    }

    private record AgingConnection(Connection connection, FramePort port) implements ConnectionAge.Aging {
        @Override
        public long framesSeen() {
            PortCounters counters = port.counters();
            return counters.framesRead() + counters.framesSent();
        }

        @Override
        public void shutdown() {
            connection.shutdown();
        }

        @Override
        public void shutdownNow(Status status) {
            connection.shutdownNow(status);
        }

        @Override
        public void whenEnded(Runnable task) {
            connection.whenEnded(task);
        }
    }
}
