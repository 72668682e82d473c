package dev.homeport.lpc.port;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.homeport.idl.v1.ConnectReply;
import dev.homeport.idl.v1.ConnectReply.Refusal;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.memory.BadDescriptor;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.PeerCredentials;
import dev.homeport.lpc.syscall.SocketPair;
import dev.homeport.spi.LocalTransport.Setup;
import java.io.IOException;

/**
 * The server's answer to a complete request: checks it, makes the socket pair and the outbox, sends the client its
 * part. Stateless but for the count of connections; for the set-up thread. Nothing stays open on any way out
 * but the endpoint that is returned.
 */
final class ServerHandshake {
    /** Descriptors of a request: the client's outbox. */
    static final int DESCRIPTORS = 1;

    private static final int ROOT = 0;

    private final UidLimit connections;
    private final UidLimit descriptors;

    ServerHandshake(UidLimit connections, UidLimit descriptors) {
        this.connections = connections;
        this.descriptors = descriptors;
    }

    /** The request is refused, with what the client is told. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        private final Refusal refusal;

        Refused(Refusal refusal, String detail) {
            super(detail, null, false, false);
            this.refusal = refusal;
        }

        Refusal refusal() {
            return refusal;
        }
    }

    /**
     * Answers.
     *
     * @throws Refused if the client is to be told no
     * @throws IOException if the client is gone, or nothing can be made here
     */
    Endpoint answer(HalfOpen client) throws Refused, IOException {
        ConnectRequest request = parse(client);
        int uid = client.peer().uid();
        if (!connections.tryTake(uid)) {
            throw new Refused(Refusal.LIMIT, "connections: uid=" + uid + ", max=" + connections.max());
        }
        if (!descriptors.tryTake(uid, DescriptorBound.OF_CONNECTION)) {
            connections.giveBack(uid);
            throw new Refused(Refusal.LIMIT, "descriptors: uid=" + uid + ", max=" + descriptors.max());
        }
        try {
            return connect(client, request, () -> giveBack(uid));
        } catch (Throwable failure) {
            giveBack(uid);
            throw failure;
        }
    }

    private void giveBack(int uid) {
        descriptors.giveBack(uid, DescriptorBound.OF_CONNECTION);
        connections.giveBack(uid);
    }

    /**
     * Gives the lock of a port to who takes it over, if that is what the request is for.
     *
     * @return whether it was
     * @throws Refused if the client is to be told no
     * @throws IOException if the client is gone
     */
    boolean handOver(HalfOpen client) throws Refused, IOException {
        ConnectRequest request = parse(client);
        if (request.getTakeOver().isEmpty()) {
            return false;
        }
        int uid = client.peer().uid();
        if (uid != PeerCredentials.ownUid() && uid != ROOT) {
            throw new Refused(Refusal.NOT_ALLOWED, "only the server's own user takes over: uid=" + uid);
        }
        PublishedPort port = client.rules().port(request.getTakeOver());
        if (port == null) {
            throw new Refused(Refusal.BAD_REQUEST, "no such port here to take over");
        }
        ConnectReply reply =
                SetupMessages.reply(client.rules().setup(), DirectProbe.Answer.no("this is no connection"));
        byte[] bytes = Envelope.bytesOf(reply);
        int sent = Messages.send(client.socket(), bytes, 0, bytes.length, port.shareLock());
        client.takesOver(port);
        if (sent != bytes.length) {
            throw new IOException("the successor did not take the reply: " + (sent < 0 ? Errno.name(sent) : "cut"));
        }
        return true;
    }

    private static ConnectRequest parse(HalfOpen client) throws Refused {
        if (client.rules().isClosed()) {
            throw new Refused(Refusal.SHUTTING_DOWN, "the port is closed");
        }
        ConnectRequest request;
        try {
            request = ConnectRequest.parseFrom(client.request().body());
        } catch (InvalidProtocolBufferException e) {
            throw new Refused(Refusal.BAD_REQUEST, "not a connection request: " + e.getMessage());
        }
        long min = Integer.toUnsignedLong(request.getMinVersion());
        long max = Integer.toUnsignedLong(request.getMaxVersion());
        if (min > SetupMessages.VERSION || max < SetupMessages.VERSION) {
            throw new Refused(
                    Refusal.VERSION, "spoken here: " + SetupMessages.VERSION + ", asked for: " + min + " to " + max);
        }
        int descriptors = client.request().descriptorCount();
        int expected = request.getTakeOver().isEmpty() ? DESCRIPTORS : 0;
        if (descriptors != expected) {
            throw new Refused(
                    Refusal.BAD_REQUEST, "descriptors=" + descriptors + ", expectedDescriptors=" + expected);
        }
        return request;
    }

    private static Endpoint connect(HalfOpen client, ConnectRequest request, Runnable onClose)
            throws Refused, IOException {
        Outbox own = Outbox.create(OutboxLayout.DEFAULT_QUEUE_BYTES);
        PeerOutbox peer = null;
        try {
            peer = PeerOutbox.map(client.request().descriptor(0), request.getQueueBytes(), own);
            return connect(client, request, own, peer, onClose);
        } catch (BadDescriptor e) {
            own.close();
            throw new Refused(Refusal.BAD_REQUEST, e.getMessage());
        } catch (Throwable failure) {
            own.close();
            if (peer != null) {
                peer.close();
            }
            throw failure;
        }
    }

    private static Endpoint connect(
            HalfOpen client, ConnectRequest request, Outbox own, PeerOutbox peer, Runnable onClose)
            throws IOException {
        SocketPair pair = SocketPair.create();
        if (pair.error() < 0) {
            throw new IOException("no socket pair: " + Errno.name(pair.error()));
        }
        Setup server = client.rules().setup();
        Setup setup = SetupMessages.setupOf(request, server.timeoutNanos());
        Endpoint.PeerProcess process = SetupMessages.process(client.socket(), client.peer(), setup.name());
        try {
            DirectProbe.Answer direct = DirectProbe.answer(request, server, client.peer(), process);
            ConnectReply reply = SetupMessages.reply(server, direct);
            sendReply(client, reply, pair.second(), own);
            own.closeDescriptor();
            return new Endpoint(
                    pair.first(),
                    own,
                    peer,
                    process,
                    new Endpoint.Terms(
                            setup, reply.getSmallMessageBytes(), server.bodies(), direct.refusal(), direct.space()),
                    onClose);
        } catch (Throwable failure) {
            process.close();
            Descriptors.close(pair.first());
            throw failure;
        } finally {
            // The client's end is the client's alone: its death must be the end of the pair.
            Descriptors.close(pair.second());
        }
    }

    // The socket's buffer is empty and far larger than a reply: what does not go at once never will.
    private static void sendReply(HalfOpen client, ConnectReply reply, int pairEnd, Outbox own) throws IOException {
        byte[] bytes = Envelope.bytesOf(reply);
        int sent = Messages.send(client.socket(), bytes, 0, bytes.length, pairEnd, own.descriptor());
        if (sent != bytes.length) {
            throw new IOException("the client did not take the reply: "
                    + (sent < 0 ? Errno.name(sent) : "sentBytes=" + sent + ", lengthBytes=" + bytes.length));
        }
    }
}
