package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.PeerCredentials;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a published port asks of who connects, and who takes the connections. Owned by the publication, read by the
 * set-up thread.
 */
final class PortRules {
    /** A set-up never waits, but for filters of the program that are told of the connection. */
    private static final int MAX_WAIT_SECONDS = 1;

    private final Setup setup;
    private final Set<Integer> allowedUids;
    private final Set<Integer> allowedGids;
    private final EndpointAcceptor acceptor;
    private final ReentrantLock setupTurn = new ReentrantLock();
    private volatile boolean closed;
    private volatile Map<String, PublishedPort> ports = Map.of();

    /**
     * @param allowedUids all that may connect; this process's own and root among them
     * @param allowedGids whose members may connect
     */
    PortRules(Setup setup, Set<Integer> allowedUids, Set<Integer> allowedGids, EndpointAcceptor acceptor) {
        this.setup = setup;
        this.allowedUids = Set.copyOf(allowedUids);
        this.allowedGids = Set.copyOf(allowedGids);
        this.acceptor = acceptor;
    }

    PortRules(Setup setup, Set<Integer> allowedUids, EndpointAcceptor acceptor) {
        this(setup, allowedUids, Set.of(), acceptor);
    }

    Setup setup() {
        return setup;
    }

    /** Whether who is at the other end of this socket may connect. */
    boolean allows(PeerCredentials peer, int socket) {
        return allowedUids.contains(peer.uid())
                || allowedUids.contains(PublishRequest.ANY_UID)
                || !allowedGids.isEmpty()
                        && (allowedGids.contains(peer.gid())
                                || PeerCredentials.groups(socket).stream().anyMatch(allowedGids::contains));
    }

    EndpointAcceptor acceptor() {
        return acceptor;
    }

    /** What is published by these rules, all of it. */
    void published(Map<String, PublishedPort> byName) {
        ports = Map.copyOf(byName);
    }

    /** The port of that name, if it is published. */
    @Nullable PublishedPort port(String name) {
        return ports.get(name);
    }

    boolean isClosed() {
        return closed;
    }

    /** A set-up is about to look whether the port is closed; {@link #endSetup} follows. By the set-up thread. */
    void beginSetup() {
        setupTurn.lock();
    }

    void endSetup() {
        setupTurn.unlock();
    }

    /**
     * No set-up begins any more, and the one that had is over: its connection is the acceptor's. A server that ended
     * before would have told nobody of a connection that is in the client's hands.
     */
    void close() {
        closed = true;
        try {
            if (setupTurn.tryLock(MAX_WAIT_SECONDS, TimeUnit.SECONDS)) {
                setupTurn.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
