package dev.homeport.lpc.port;

import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.lpc.memory.PeerSpace;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.UnixSocket;
import dev.homeport.lpc.transfer.BodyTerms;
import dev.homeport.lpc.transfer.Bounds;
import dev.homeport.spi.BodySettings;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.PeerIdentity;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One side's end of a connection that was just set up: the socket pair's end, both outboxes, and who the
 * peer is. Whoever gets it owns everything in it. Any thread may use the accessors. Whoever calls {@link #close}
 * guarantees that no thread touches the memory or the descriptors any more, nor ever will.
 */
public final class Endpoint implements AutoCloseable {
    /** Value of {@link #pidfd} where the kernel gives none. */
    public static final int NO_PIDFD = -1;

    private final int pairDescriptor;
    private final Outbox own;
    private final PeerOutbox peer;
    private final PeerProcess process;
    private final Terms terms;
    private final Runnable onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** @param pidfd descriptor of the peer's process, or {@link #NO_PIDFD} */
    record PeerProcess(PeerIdentity identity, int pidfd) {
        void close() {
            if (pidfd >= 0) {
                Descriptors.close(pidfd);
            }
        }
    }

    /**
     * What was agreed.
     *
     * @param smallMessageBytes messages shorter than this are copied through the queue
     * @param own what this side is configured to
     * @param directRefusal why memory of the client may not be used; empty if it may
     * @param space the client's memory; null on the client's side, or without direct
     */
    record Terms(
            Setup peerSetup,
            int smallMessageBytes,
            BodySettings own,
            String directRefusal,
            @Nullable PeerSpace space) {}

    /** @param onClose called once, when everything is closed */
    Endpoint(
            int pairDescriptor, Outbox own, PeerOutbox peer, PeerProcess process, Terms terms, Runnable onClose) {
        this.pairDescriptor = pairDescriptor;
        this.own = own;
        this.peer = peer;
        this.process = process;
        this.terms = terms;
        this.onClose = onClose;
    }

    /** Our end of the pair: packets, non-blocking, close-on-exec. For {@code recvmsg} with control room only. */
    public int pairDescriptor() {
        return pairDescriptor;
    }

    public Outbox own() {
        return own;
    }

    public PeerOutbox peer() {
        return peer;
    }

    public PeerIdentity identity() {
        return process.identity();
    }

    /** Descriptor of the peer's process, or {@link #NO_PIDFD}. */
    public int pidfd() {
        return process.pidfd();
    }

    /** What the peer said of itself. */
    public Setup peerSetup() {
        return terms.peerSetup();
    }

    /** Messages shorter than this are copied through the queue. */
    public int smallMessageBytes() {
        return terms.smallMessageBytes();
    }

    /** What large messages go by. */
    public BodyTerms bodyTerms(Executor background) {
        int directFrom = terms.own.directFromBytes();
        return new BodyTerms(
                own,
                peer.segment(),
                pidfd(),
                identity().uid(),
                terms.directRefusal,
                terms.space,
                Math.max(1, terms.smallMessageBytes),
                directFrom == BodySettings.DEFAULT ? Bounds.DIRECT_FROM_BYTES : directFrom,
                background);
    }

    /**
     * Ends the pair for both sides while all descriptors and memory stay: the first half of a close, after which
     * readers and waiters find the end and leave. Any number of times, before {@link #close}.
     */
    public void shutDown() {
        UnixSocket.shutDown(pairDescriptor);
    }

    /** Closes and unmaps everything. Quiet when done twice; see the class for what the caller guarantees. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Descriptors.close(pairDescriptor);
            process.close();
            own.close();
            peer.close();
            onClose.run();
        }
    }
}
