package dev.homeport.route;

import dev.homeport.Route;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Connection ports in memory. A test publishes and unpublishes one, or holds every set-up up. */
public final class FakeLocalTransport implements LocalTransport {
    public static final String PORT = "orders";
    public static final String NOTHING = "nothing is published";

    final List<FakePath> paths = new CopyOnWriteArrayList<>();
    final List<PortQuery> queries = new CopyOnWriteArrayList<>();
    public final List<String> events = new CopyOnWriteArrayList<>();
    public final List<PublishRequest> published = new ArrayList<>();
    final AtomicInteger failures = new AtomicInteger();
    volatile boolean available;
    public volatile boolean nameTaken;
    volatile @Nullable CountDownLatch gate;

    LocalPath open(ConnectionPort port, Route route, SocketAddress server) throws IOException {
        CountDownLatch held = gate;
        try {
            if (held != null) {
                held.await();
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        if (failures.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
            throw new IOException("refused");
        }
        FakePath path = new FakePath(route);
        paths.add(path);
        return path;
    }

    FakePath last() {
        return paths.getLast();
    }

    @Override
    public @Nullable String unavailableReason() {
        return null;
    }

    @Override
    public PortSearch find(PortQuery query) {
        queries.add(query);
        return available
                ? new PortSearch.Found(new ConnectionPort(PORT, "/nowhere", 1000, 42))
                : new PortSearch.NotFound(NOTHING);
    }

    @Override
    public FramePort connect(ConnectionPort port, Setup setup, FrameReceiver.Factory receivers) throws IOException {
        throw new IOException("the tests open paths, not ports");
    }

    @Override
    public Publication publish(PublishRequest request, Acceptor acceptor) throws IOException {
        if (nameTaken) {
            throw new IOException("the name is taken: " + request.name());
        }
        events.add("publish");
        published.add(request);
        return new Publication() {
            @Override
            public List<String> names() {
                return List.of(request.name() == null ? "derived" : request.name());
            }

            @Override
            public void close() {
                events.add("unpublish");
            }
        };
    }
}
