package dev.homeport.lpc.port;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.homeport.idl.v1.ConnectReply;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.PeerCredentials;
import dev.homeport.lpc.syscall.Poll;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The right to a name, taken over from the live server that has it. Until this is closed that server waits; then it
 * looks where the path leads, and drains if it does not lead to itself any more. So its successor publishes first and
 * closes this then, and one that dies in between changes nothing. Blocks; platform threads only.
 */
final class Inheritance implements AutoCloseable {
    /** The predecessor's own bound on a set-up is about as long; a name is free or ours long before. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final int NOBODY = -1;
    private static final int ROOT = 0;

    private final NameLock lock;
    private final int socket;

    private Inheritance(NameLock lock, int socket) {
        this.lock = lock;
        this.socket = socket;
    }

    /**
     * Takes the name: from its server, or as it is if nobody has it.
     *
     * @throws IOException if the server does not hand it over
     */
    static Inheritance of(PortName name, Path path, Path lockPath) throws IOException {
        long deadlineNanos = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return new Inheritance(NameLock.take(lockPath), NOBODY);
            } catch (IOException taken) {
                try {
                    return ask(name, path, lockPath, deadlineNanos);
                } catch (IOException refused) {
                    // It may just be ending, or not be listening yet: both are over soon.
                    if (System.nanoTime() - deadlineNanos > 0) {
                        refused.addSuppressed(taken);
                        throw refused;
                    }
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        }
    }

    private static Inheritance ask(PortName name, Path path, Path lockPath, long deadlineNanos) throws IOException {
        int socket = UnixSocket.connect(path.toString(), PATIENCE_NANOS);
        if (socket < 0) {
            throw new IOException("cannot connect: " + Errno.name(socket) + ", path=" + path);
        }
        try (Envelope reply = new Envelope(1)) {
            PeerCredentials server = PeerCredentials.of(socket);
            if (server.error() < 0 || server.uid() != PeerCredentials.ownUid() && server.uid() != ROOT) {
                throw new IOException("the server is another user's: uid=" + server.uid());
            }
            send(socket, name);
            await(socket, reply, deadlineNanos);
            return new Inheritance(NameLock.inherit(lockPath, lockIn(reply)), socket);
        } catch (Throwable failure) {
            Descriptors.close(socket);
            throw failure;
        }
    }

    private static void send(int socket, PortName name) throws IOException {
        byte[] request = Envelope.bytesOf(ConnectRequest.newBuilder()
                .setMinVersion(SetupMessages.VERSION)
                .setMaxVersion(SetupMessages.VERSION)
                .setTakeOver(name.text())
                .build());
        int sent = Messages.send(socket, request, 0, request.length);
        if (sent != request.length) {
            throw new IOException("sending failed: " + (sent < 0 ? Errno.name(sent) : "sentBytes=" + sent));
        }
    }

    private static void await(int socket, Envelope reply, long deadlineNanos) throws IOException {
        ReceivedMessage scratch = new ReceivedMessage(Envelope.READ_BYTES, ReceivedMessage.MAX_DESCRIPTORS);
        for (Envelope.Progress progress = reply.read(socket, scratch);
                progress != Envelope.Progress.COMPLETE;
                progress = reply.read(socket, scratch)) {
            long leftNanos = deadlineNanos - System.nanoTime();
            if (progress == Envelope.Progress.ENDED || leftNanos <= 0) {
                throw new IOException(leftNanos <= 0 ? "no reply in time" : "the server closed without a reply");
            }
            Poll.await(socket, Poll.IN, leftNanos);
        }
    }

    private static int lockIn(Envelope envelope) throws IOException {
        ConnectReply reply;
        try {
            reply = ConnectReply.parseFrom(envelope.body());
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("the reply is not a connection reply: " + e.getMessage(), e);
        }
        if (reply.getRefusalValue() != ConnectReply.Refusal.NONE_VALUE || envelope.descriptorCount() != 1) {
            throw new IOException("not handed over: " + reply.getRefusal() + ", "
                    + SetupMessages.loggable(reply.getDetail()) + ", descriptors=" + envelope.descriptorCount());
        }
        return envelope.takeDescriptor(0);
    }

    NameLock lock() {
        return lock;
    }

    /** Tells the predecessor to look where the path leads. */
    @Override
    public void close() {
        if (socket != NOBODY) {
            Descriptors.close(socket);
        }
    }
}
