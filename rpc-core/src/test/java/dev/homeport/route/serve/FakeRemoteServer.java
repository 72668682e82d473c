package dev.homeport.route.serve;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A TCP server that only writes down what is done to it. */
final class FakeRemoteServer extends Server {
    private final List<String> events;
    private volatile boolean over;

    FakeRemoteServer(List<String> events) {
        this.events = events;
    }

    @Override
    public Server start() throws IOException {
        events.add("listen");
        return this;
    }

    @Override
    public int getPort() {
        return 50051;
    }

    @Override
    public List<? extends SocketAddress> getListenSockets() {
        return List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 50051));
    }

    @Override
    public List<ServerServiceDefinition> getServices() {
        return List.of();
    }

    @Override
    public Server shutdown() {
        events.add("shutdown");
        over = true;
        return this;
    }

    @Override
    public Server shutdownNow() {
        events.add("shutdownNow");
        over = true;
        return this;
    }

    @Override
    public boolean isShutdown() {
        return over;
    }

    @Override
    public boolean isTerminated() {
        return over;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return over;
    }

    @Override
    public void awaitTermination() {}
}
