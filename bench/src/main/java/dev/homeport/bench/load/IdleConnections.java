package dev.homeport.bench.load;

import dev.homeport.bench.rival.Endpoints;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;

/** Connections that were used once and are left alone. Used by one thread. */
public final class IdleConnections implements AutoCloseable {
    private final List<ManagedChannel> channels = new ArrayList<>();

    /** Opens so many more. */
    public void open(GrpcSubject subject, int connections) throws InterruptedException {
        for (int i = 0; i < connections; i++) {
            channels.add(subject.openReady(null));
        }
    }

    /** Closes all. */
    @Override
    public void close() {
        for (ManagedChannel channel : channels) {
            Endpoints.close(channel);
        }
        channels.clear();
    }
}
