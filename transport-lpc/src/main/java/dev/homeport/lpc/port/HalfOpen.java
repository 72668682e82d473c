package dev.homeport.lpc.port;

import dev.homeport.idl.v1.ConnectReply;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.PeerCredentials;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a client opened and has not finished setting up, on the server's side. Owned by the set-up
 * thread, which alone touches it; owns the connection socket and whatever descriptors came.
 */
final class HalfOpen implements AutoCloseable {
    private final int socket;
    private final PortRules rules;
    private final PeerCredentials peer;
    private final long deadlineNanos;
    private final Envelope request = new Envelope(ServerHandshake.DESCRIPTORS);
    /** Where this counts; null while it does not. */
    private @Nullable UidLimit limit;
    /** The port that this one takes over, as long as it does; null for a client. */
    private @Nullable PublishedPort takenOver;
    private boolean closed;

    HalfOpen(int socket, PortRules rules, long deadlineNanos) {
        this.socket = socket;
        this.rules = rules;
        this.peer = PeerCredentials.of(socket);
        this.deadlineNanos = deadlineNanos;
    }

    /**
     * Asks whether this client may go on; before anything it sent is read.
     *
     * @return the refusal it was given; null if it may
     */
    ConnectReply.@Nullable Refusal admit(UidLimit halfOpen) {
        if (peer.error() < 0 || !rules.allows(peer, socket)) {
            return refuse(ConnectReply.Refusal.NOT_ALLOWED, "uid=" + peer.uid() + " is not on the list");
        }
        if (rules.isClosed()) {
            return refuse(ConnectReply.Refusal.SHUTTING_DOWN, "the port is closed");
        }
        if (!halfOpen.tryTake(peer.uid())) {
            return refuse(
                    ConnectReply.Refusal.LIMIT, "half-open set-ups: uid=" + peer.uid() + ", max=" + halfOpen.max());
        }
        limit = halfOpen;
        return null;
    }

    /** Tells the client no, if it still listens, and closes. */
    ConnectReply.Refusal refuse(ConnectReply.Refusal refusal, String detail) {
        byte[] bytes = Envelope.bytesOf(SetupMessages.refusal(refusal, detail));
        Messages.send(socket, bytes, 0, bytes.length);
        close();
        return refusal;
    }

    /** It is no client but a successor, and has the lock of that port. */
    void takesOver(PublishedPort port) {
        takenOver = port;
    }

    @Nullable PublishedPort takenOver() {
        return takenOver;
    }

    int socket() {
        return socket;
    }

    PortRules rules() {
        return rules;
    }

    PeerCredentials peer() {
        return peer;
    }

    Envelope request() {
        return request;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** Closes the socket and what came over it. Quiet when done twice. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            request.close();
            Descriptors.close(socket);
            if (limit != null) {
                limit.giveBack(peer.uid());
            }
        }
    }
}
