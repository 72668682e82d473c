package dev.homeport.call;

import dev.homeport.Peer;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.PeerIdentity;
import io.grpc.Attributes;
import io.grpc.Grpc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** What the calls of a connection say of their transport. */
final class ConnectionAttributes {
    private ConnectionAttributes() {}

    /**
     * @param identified the peer by the kernel's word; null if what is given names it
     * @param given by the channel or server
     */
    static Attributes of(
            PeerIdentity peer, BodyCounters bodies, @Nullable ConnectionPeer identified, Attributes given) {
        Attributes.Builder all = given.toBuilder();
        if (identified != null) {
            all.set(PeerIdentity.ATTRIBUTE, peer)
                    .set(BodyCounters.ATTRIBUTE, bodies)
                    .set(Peer.ATTRIBUTE, identified);
        }
        if (given.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) == null) {
            all.set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, new ProcessAddress(peer));
        }
        if (given.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR) == null) {
            all.set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        }
        return all.build();
    }

    /**
     * The address of a process of this host. An {@link InetSocketAddress}, as programs cast the attribute
     * to one; its port says nothing.
     */
    private static final class ProcessAddress extends InetSocketAddress {
        private static final long serialVersionUID = 1;
        private final transient PeerIdentity peer;

        ProcessAddress(PeerIdentity peer) {
            super(InetAddress.getLoopbackAddress(), 0);
            this.peer = peer;
        }

        @Override
        public String toString() {
            return "local:uid=" + peer.uid() + ",pid=" + peer.pid();
        }
    }
}
