package dev.homeport.route.serve;

import dev.homeport.call.CallWindow;
import dev.homeport.LocalPortAddress;
import dev.homeport.RoutePolicy;
import dev.homeport.route.LocalTransports;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What a server publishes: its connection port, or nothing and the reason. Owned by
 * {@link HomeportServer}, which opens it once and closes it first.
 */
final class LocalPublication {
    private static final Logger LOG = Logger.getLogger("dev.homeport.route");

    private final ServerPlan plan;
    private final LocalTransports transports;
    private final Runnable onSuperseded;
    /** Written by the server's start and end, which take turns; read by whoever asks. */
    private volatile @Nullable Publication publication;

    /** @param onSuperseded runs when a successor has taken over what was published */
    LocalPublication(ServerPlan plan, LocalTransports transports, Runnable onSuperseded) {
        this.plan = plan;
        this.onSuperseded = onSuperseded;
        this.transports = transports;
    }

    /**
     * Publishes, or logs why not.
     *
     * @throws IOException if it cannot and must: the program named the port, or wants the local route only
     */
    void open(List<InetSocketAddress> tcpAddresses, ServedConnections connections) throws IOException {
        boolean must = plan.name() != null || plan.policy() == RoutePolicy.LOCAL;
        LocalTransport transport = transports.transport();
        String refusal = refusal();
        if (transport == null || !refusal.isEmpty()) {
            if (must) {
                throw new IOException("no connection port can be published: " + refusal);
            }
            LOG.log(Level.INFO, () -> "server on " + tcpAddresses + " publishes no connection port: " + refusal);
            return;
        }
        try {
            Rehearsal.ofFirstServer(transport);
            publication = publish(transport, tcpAddresses, connections);
            LOG.log(Level.INFO, () -> "published " + addresses());
        } catch (IOException e) {
            if (must) {
                throw e;
            }
            LOG.log(Level.WARNING, () -> "server on " + tcpAddresses + " is reached by TCP only: " + e.getMessage());
        }
    }

    private String refusal() {
        if (plan.policy() == RoutePolicy.REMOTE) {
            return "the policy is remote";
        }
        return plan.refusal().isEmpty() ? transports.reason() : plan.refusal();
    }

    private Publication publish(
            LocalTransport transport, List<InetSocketAddress> tcpAddresses, ServedConnections connections)
            throws IOException {
        PublishRequest request = new PublishRequest(
                plan.name(), tcpAddresses, setup(),
                plan.access().connectingUids(), plan.access().connectingGids(), plan.takesOver());
        return transport.publish(request, new LocalTransport.Acceptor() {
            @Override
            public FrameReceiver accept(FramePort port, Setup peer) {
                return connections.accept(port, peer, shownName(tcpAddresses), tcpAddresses);
            }

            @Override
            public void superseded() {
                onSuperseded.run();
            }
        });
    }

    /** A client may be quicker than the publication's own return, which tells the derived name. */
    private String shownName(List<InetSocketAddress> tcpAddresses) {
        List<LocalPortAddress> published = addresses();
        if (!published.isEmpty()) {
            return published.getFirst().portName();
        }
        return plan.name() != null ? plan.name() : tcpAddresses.toString();
    }

    private Setup setup() {
        return new Setup(
                "process " + ProcessHandle.current().pid(), "", "",
                plan.calls().limits().maxMetadataBytes(), CallWindow.BYTES, true, plan.handshakeNanos())
                .withBodies(plan.bodies());
    }

    List<LocalPortAddress> addresses() {
        Publication current = publication;
        return current == null
                ? List.of()
                : current.names().stream().map(LocalPortAddress::new).toList();
    }

    /** Unpublishes; quiet when done twice or when nothing is published. */
    void close() {
        Publication current = publication;
        publication = null;
        if (current != null) {
            current.close();
        }
    }
}
