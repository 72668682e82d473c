package dev.homeport.lpc.port;

import dev.homeport.spi.LocalTransport.Setup;
import java.util.Set;

/**
 * What a published port asks of who connects, and who takes the connections. Owned by the publication, read by the
 * set-up thread.
 */
final class PortRules {
    private final Setup setup;
    private final Set<Integer> allowedUids;
    private final EndpointAcceptor acceptor;
    private volatile boolean closed;

    /** @param allowedUids all that may connect; this process's own and root among them */
    PortRules(Setup setup, Set<Integer> allowedUids, EndpointAcceptor acceptor) {
        this.setup = setup;
        this.allowedUids = Set.copyOf(allowedUids);
        this.acceptor = acceptor;
    }

    Setup setup() {
        return setup;
    }

    boolean allows(int uid) {
        return allowedUids.contains(uid);
    }

    EndpointAcceptor acceptor() {
        return acceptor;
    }

    boolean isClosed() {
        return closed;
    }

    void close() {
        closed = true;
    }
}
