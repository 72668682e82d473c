package dev.homeport.lpc.port;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.homeport.idl.v1.ConnectReply;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.memory.BadDescriptor;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.PeerCredentials;
import dev.homeport.lpc.syscall.Poll;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.UnixSocket;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.Setup;
import java.io.IOException;

/**
 * The client's side of one set-up. Blocks, at most for the time of the request: platform threads only. Nothing
 * stays open on any way out but the endpoint that is returned.
 */
public final class SetupClient {
    /** Descriptors of a reply that is no refusal: our end of the pair, then the server's outbox. */
    private static final int DESCRIPTORS = 2;

    private static final int PAIR = 0;
    private static final int OUTBOX = 1;
    private static final int ROOT = 0;

    private final ConnectionPort port;
    private final Setup setup;
    private final long deadlineNanos;

    private SetupClient(ConnectionPort port, Setup setup) {
        this.port = port;
        this.setup = setup;
        this.deadlineNanos = System.nanoTime() + setup.timeoutNanos();
    }

    /**
     * Connects to a port.
     *
     * @throws IOException with the reason in words: gone, another server than was found, refused, too slow, or
     *     not as it must be
     */
    public static Endpoint open(ConnectionPort port, Setup setup) throws IOException {
        return new SetupClient(port, setup).open();
    }

    private Endpoint open() throws IOException {
        int socket = UnixSocket.connect(port.path(), setup.timeoutNanos());
        if (socket < 0) {
            throw failure("cannot connect: " + Errno.name(socket));
        }
        try {
            PeerCredentials server = authenticate(socket);
            Outbox own = Outbox.create(OutboxLayout.DEFAULT_QUEUE_BYTES);
            ConnectRequest.Builder request = SetupMessages.request(setup);
            // Its memory is there until the server has answered.
            try (DirectProbe probe = DirectProbe.tryOffer(request, setup.bodies(), server);
                    Envelope reply = new Envelope(DESCRIPTORS)) {
                send(socket, request.build(), own);
                await(socket, reply);
                own.closeDescriptor();
                return endpoint(socket, server, own, reply, probe != null);
            } catch (Throwable failure) {
                own.close();
                throw failure;
            }
        } finally {
            Descriptors.close(socket);
        }
    }

    // The kernel noted who called listen(): whoever else got at the path since then, this is who answers.
    private PeerCredentials authenticate(int socket) throws IOException {
        PeerCredentials server = PeerCredentials.of(socket);
        if (server.error() < 0) {
            throw failure("who the server is cannot be told: " + Errno.name(server.error()));
        }
        if (server.uid() != port.serverUid() && server.uid() != ROOT) {
            throw failure("the server is another user's: uid=" + server.uid() + ", expectedUid=" + port.serverUid());
        }
        if (port.serverPid() >= 0 && server.pid() != port.serverPid()) {
            throw failure("the server is another process: pid=" + server.pid() + ", expectedPid=" + port.serverPid());
        }
        return server;
    }

    private void send(int socket, ConnectRequest request, Outbox own) throws IOException {
        byte[] bytes = Envelope.bytesOf(request);
        if (bytes.length > Envelope.PREFIX_BYTES + Envelope.MAX_BODY_BYTES) {
            throw failure("the request is too long: lengthBytes=" + bytes.length);
        }
        int offset = 0;
        while (offset < bytes.length) {
            int sent = offset == 0
                    ? Messages.send(socket, bytes, 0, bytes.length, own.descriptor())
                    : Messages.send(socket, bytes, offset, bytes.length - offset);
            if (sent == -Errno.EPIPE || sent == -Errno.ECONNRESET) {
                return; // A server that refused at once has left its reply behind.
            }
            if (sent == -Errno.EAGAIN) {
                awaitSocket(socket, Poll.OUT);
            } else if (sent < 0) {
                throw failure("sending failed: " + Errno.name(sent));
            } else {
                offset += sent;
            }
        }
    }

    private void await(int socket, Envelope reply) throws IOException {
        ReceivedMessage scratch = new ReceivedMessage(Envelope.READ_BYTES, ReceivedMessage.MAX_DESCRIPTORS);
        while (true) {
            switch (read(socket, reply, scratch)) {
                case COMPLETE -> {
                    return;
                }
                case ENDED -> throw failure("the server closed without a reply");
                case INCOMPLETE -> awaitSocket(socket, Poll.IN);
            }
        }
    }

    private Envelope.Progress read(int socket, Envelope reply, ReceivedMessage scratch) throws IOException {
        try {
            return reply.read(socket, scratch);
        } catch (IOException e) {
            throw failure(e.getMessage());
        }
    }

    private void awaitSocket(int socket, int events) throws IOException {
        long leftNanos = deadlineNanos - System.nanoTime();
        if (leftNanos <= 0) {
            throw failure("no reply in time: timeoutNanos=" + setup.timeoutNanos());
        }
        int ready = Poll.await(socket, events, leftNanos);
        if (ready < 0 && ready != -Errno.EINTR) {
            throw failure("waiting failed: " + Errno.name(ready));
        }
    }

    private Endpoint endpoint(
            int socket, PeerCredentials server, Outbox own, Envelope envelope, boolean offered) throws IOException {
        ConnectReply reply = parse(envelope);
        if (!UnixSocket.isPacketSocket(envelope.descriptor(PAIR))) {
            throw failure("the server sent no socket pair");
        }
        PeerOutbox peer;
        try {
            peer = PeerOutbox.map(envelope.descriptor(OUTBOX), reply.getQueueBytes(), own);
        } catch (BadDescriptor e) {
            throw failure(e.getMessage());
        }
        Setup peerSetup = SetupMessages.setupOf(reply, setup.timeoutNanos());
        return new Endpoint(
                envelope.takeDescriptor(PAIR),
                own,
                peer,
                SetupMessages.process(socket, server, peerSetup.name()),
                new Endpoint.Terms(
                        peerSetup, reply.getSmallMessageBytes(), setup.bodies(), directRefusal(offered, reply), null),
                () -> {});
    }

    private String directRefusal(boolean offered, ConnectReply reply) {
        if (!offered) {
            return setup.bodies().direct() ? "the server is another user's" : "this side is configured not to";
        }
        if (reply.getDirect()) {
            return "";
        }
        String said = SetupMessages.loggable(reply.getDirectRefusal());
        return said.isEmpty() ? "the server does not say why" : said;
    }

    private ConnectReply parse(Envelope envelope) throws IOException {
        ConnectReply reply;
        try {
            reply = ConnectReply.parseFrom(envelope.body());
        } catch (InvalidProtocolBufferException e) {
            throw failure("the reply is not a connection reply: " + e.getMessage());
        }
        if (reply.getRefusalValue() != ConnectReply.Refusal.NONE_VALUE) {
            throw failure("refused: " + reply.getRefusal() + ", " + SetupMessages.loggable(reply.getDetail()));
        }
        if (reply.getVersion() != SetupMessages.VERSION) {
            throw failure("version=" + Integer.toUnsignedLong(reply.getVersion()) + ", expectedVersion="
                    + SetupMessages.VERSION);
        }
        if (envelope.descriptorCount() != DESCRIPTORS) {
            throw failure(
                    "descriptors=" + envelope.descriptorCount() + ", expectedDescriptors=" + DESCRIPTORS);
        }
        if (reply.getSmallMessageBytes() < 0 || reply.getSmallMessageBytes() > OutboxLayout.MAX_QUEUE_BYTES) {
            throw failure("smallMessageBytes=" + Integer.toUnsignedLong(reply.getSmallMessageBytes()));
        }
        return reply;
    }

    private IOException failure(String facts) {
        return new IOException("connection port " + port.name() + ": " + facts + ", path=" + port.path());
    }
}
