package dev.homeport.route;

import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.carry.RemotePeer;
import io.grpc.Attributes;
import io.grpc.ClientTransportFilter;
import io.grpc.ManagedChannelBuilder;

/** Tells calls of a remote channel who their server is. One for each channel; any thread. */
public final class ServerPeers extends ClientTransportFilter {
    private static final Route ROUTE = Route.remote("by TCP");

    private ServerPeers() {}

    /** Has the calls of a remote channel tell their peers, if the channel lets them. */
    public static void tellOn(ManagedChannelBuilder<?> remote) {
        try {
            remote.addTransportFilter(new ServerPeers());
        } catch (UnsupportedOperationException e) {
            // A builder of the program's choice without transports of its own: its calls name no peer.
        }
    }

    @Override
    public Attributes transportReady(Attributes attributes) {
        return attributes.toBuilder()
                .set(Peer.ATTRIBUTE, new RemotePeer(attributes, ROUTE))
                .build();
    }

    @Override
    public void transportTerminated(Attributes attributes) {
        if (attributes.get(Peer.ATTRIBUTE) instanceof RemotePeer peer) {
            peer.gone();
        }
    }
}
