package dev.homeport.route.serve;

import dev.homeport.carry.ServedCarriers;
import dev.homeport.route.LocalTransports;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server on both routes: the unchanged remote server, and the connection port beside it. It listens by
 * TCP first and publishes then; it unpublishes first and lets both sides end then. Any thread may call it;
 * starting and ending take turns.
 */
public final class HomeportServer extends Server {

    /**
     * The services of a server that has no TCP, which knows them only here.
     *
     * @param immutable given to the builder
     * @param mutable of the fallback registry, as they are now
     */
    public record Services(
            List<ServerServiceDefinition> immutable, Supplier<List<ServerServiceDefinition>> mutable) {}

    private final @Nullable Server remote;
    private final @Nullable ServedCarriers carriers;
    private final Services services;
    private final LocalPublication publication;
    private final ServedConnections connections;

    // Guarded by this.
    private boolean started;
    private boolean shutdown;

    /**
     * @param remote not started; null if the server is reached locally only
     * @param carriers of the remote server's clients; null without one
     */
    public HomeportServer(
            @Nullable Server remote,
            @Nullable ServedCarriers carriers,
            Services services,
            ServerPlan plan,
            LocalTransports transports) {
        this.remote = remote;
        this.carriers = carriers;
        this.services = services;
        this.publication = new LocalPublication(plan, transports, this::shutdown);
        this.connections = new ServedConnections(plan.calls(), plan.access(), this);
    }

    @Override
    public synchronized Server start() throws IOException {
        if (started || shutdown) {
            throw new IllegalStateException(started ? "Already started" : "Shutting down");
        }
        started = true;
        if (remote != null) {
            remote.start();
        }
        try {
            Rehearsal.ofMessages(services.immutable());
            publication.open(tcpAddresses(), connections);
        } catch (IOException | RuntimeException e) {
            shutdownNow();
            throw e;
        }
        return this;
    }

    private List<InetSocketAddress> tcpAddresses() {
        return remote == null
                ? List.of()
                : remote.getListenSockets().stream()
                        .filter(InetSocketAddress.class::isInstance)
                        .map(InetSocketAddress.class::cast)
                        .toList();
    }

    /** The TCP port; -1 if the server has none. */
    @Override
    public int getPort() {
        return remote == null ? -1 : remote.getPort();
    }

    /** TCP first, then the connection ports. */
    @Override
    public List<SocketAddress> getListenSockets() {
        List<SocketAddress> sockets = new ArrayList<>();
        if (remote != null) {
            sockets.addAll(remote.getListenSockets());
        }
        sockets.addAll(publication.addresses());
        return List.copyOf(sockets);
    }

    @Override
    public List<ServerServiceDefinition> getServices() {
        List<ServerServiceDefinition> all = new ArrayList<>(getImmutableServices());
        all.addAll(getMutableServices());
        return List.copyOf(all);
    }

    @Override
    public List<ServerServiceDefinition> getImmutableServices() {
        return services.immutable();
    }

    @Override
    public List<ServerServiceDefinition> getMutableServices() {
        return List.copyOf(services.mutable().get());
    }

    @Override
    public synchronized Server shutdown() {
        shutdown = true;
        publication.close();
        connections.shutdown();
        if (carriers != null) {
            carriers.shutdown();
        }
        if (remote != null) {
            remote.shutdown();
        }
        return this;
    }

    @Override
    public synchronized Server shutdownNow() {
        shutdown = true;
        publication.close();
        connections.shutdownNow();
        if (remote != null) {
            remote.shutdownNow();
        }
        return this;
    }

    @Override
    public synchronized boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return connections.isTerminated() && (remote == null || remote.isTerminated());
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + unit.toNanos(timeout);
        return connections.awaitTermination(deadlineNanos)
                && (remote == null
                        || remote.awaitTermination(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS));
    }

    @Override
    public void awaitTermination() throws InterruptedException {
        while (!awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
            // Goes on after 292 years.
        }
    }

    @Override
    public String toString() {
        return "HomeportServer" + getListenSockets();
    }
}
