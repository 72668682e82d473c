package dev.homeport.testkit;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** What a transport has started and must shut down. Thread-safe; closing twice is quiet. */
final class Started implements AutoCloseable {
    private final List<ManagedChannel> channels = new CopyOnWriteArrayList<>();
    private final List<Server> servers = new CopyOnWriteArrayList<>();

    ManagedChannel add(ManagedChannel channel) {
        channels.add(channel);
        return channel;
    }

    Server add(Server server) {
        servers.add(server);
        return server;
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        servers.forEach(Server::shutdownNow);
        try {
            for (ManagedChannel channel : channels) {
                check(channel.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS), channel);
            }
            for (Server server : servers) {
                check(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS), server);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        channels.clear();
        servers.clear();
    }

    private static void check(boolean terminated, Object what) {
        if (!terminated) {
            throw new AssertionError("not terminated after shutdownNow: " + what);
        }
    }
}
