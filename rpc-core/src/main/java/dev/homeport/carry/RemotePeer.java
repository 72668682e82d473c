package dev.homeport.carry;

import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.call.EndedChannel;
import dev.homeport.call.PeerEnd;
import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.Grpc;
import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The peer of one transport of the remote side: what TCP and TLS know of it, on either side. Any thread. */
public final class RemotePeer implements Peer {
    private final Attributes transport;
    private final Route route;
    private final PeerEnd end = new PeerEnd();

    public RemotePeer(Attributes transport, Route route) {
        this.transport = transport;
        this.route = route;
    }

    /** The transport has ended. */
    public void gone() {
        end.happen();
    }

    @Override
    public Route route() {
        return route;
    }

    @Override
    public @Nullable SocketAddress address() {
        return transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    }

    @Override
    public @Nullable SSLSession tlsSession() {
        return transport.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    }

    @Override
    public boolean isGone() {
        return end.hasHappened();
    }

    @Override
    public Watch onDeath(Runnable task) {
        return end.add(task);
    }

    /** Which of the peer's calls is being served only the handler's Context knows. */
    @Override
    public Channel callbackChannel() {
        return EndedChannel.precondition("a remote caller is called back by Peer.current() in a handler");
    }

    @Override
    public String toString() {
        SSLSession tls = tlsSession();
        return "Peer[address=" + address() + (tls == null ? "" : ", tls=" + tls.getProtocol()) + ", " + route + "]";
    }
}
