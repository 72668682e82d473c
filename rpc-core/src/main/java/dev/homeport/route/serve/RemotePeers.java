package dev.homeport.route.serve;

import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.carry.RemotePeer;
import dev.homeport.carry.ServedCarriers;
import io.grpc.Attributes;
import io.grpc.ServerBuilder;
import io.grpc.ServerTransportFilter;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells calls by TCP that they are remote, and who their peer is. One for each server; any thread. */
public final class RemotePeers extends ServerTransportFilter {
    private static final Route ROUTE = Route.remote("the client came by TCP");

    private RemotePeers() {}

    /**
     * Has the calls of a remote server tell their peers: in their attributes and in their Context.
     *
     * @param carriers the ways back to clients that serve callbacks; null before the server is built
     */
    public static void tellOn(ServerBuilder<?> remote, Supplier<@Nullable ServedCarriers> carriers) {
        remote.addTransportFilter(new RemotePeers());
        remote.addStreamTracerFactory(new RemoteCaller.Factory(carriers));
    }

    @Override
    public Attributes transportReady(Attributes attributes) {
        return attributes.toBuilder()
                .set(Route.ATTRIBUTE, ROUTE)
                .set(Peer.ATTRIBUTE, new RemotePeer(attributes, ROUTE))
                .build();
    }

    @Override
    public void transportTerminated(Attributes attributes) {
        if (attributes != null && attributes.get(Peer.ATTRIBUTE) instanceof RemotePeer peer) {
            peer.gone();
        }
    }
}
