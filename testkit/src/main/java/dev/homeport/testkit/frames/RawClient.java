package dev.homeport.testkit.frames;

import dev.homeport.frame.FrameHeader;
import dev.homeport.lpc.LpcTransport;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.SetupClient;
import dev.homeport.lpc.queue.QueueReader;
import dev.homeport.lpc.queue.QueueWriter;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Futex;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.ProtocolViolation;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One end of a connection without an engine, mostly a client: set up in good order, it then writes what it is told into
 * its outbox and its end of the pair, right or wrong. Used by one thread.
 */
public final class RawClient implements AutoCloseable {
    private static final int WINDOW_BYTES = 1 << 30;
    private static final Setup SETUP =
            new Setup("raw", "raw/1", "here", 8192, WINDOW_BYTES, false, TimeUnit.SECONDS.toNanos(5));

    private final Endpoint endpoint;
    private final QueueWriter writer;
    private final QueueReader reader;
    private final byte[] memory = new byte[RecordLayout.MAX_FRAME_BYTES];
    private final ReceivedMessage received = new ReceivedMessage(64, ReceivedMessage.MAX_DESCRIPTORS);

    /** An end that was accepted or opened elsewhere; closed with this. */
    public RawClient(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.writer = new QueueWriter(endpoint.own(), endpoint.peer());
        this.reader = new QueueReader(endpoint.own(), endpoint.peer());
    }

    /** Connects to the server that listens on this TCP port of this host. */
    public static RawClient connect(int tcpPort) throws IOException {
        return connect(new PortQuery.ByAddress(new InetSocketAddress("127.0.0.1", tcpPort)));
    }

    /** Connects to a port that is found so. */
    public static RawClient connect(PortQuery query) throws IOException {
        if (!(new LpcTransport().find(query) instanceof PortSearch.Found found)) {
            throw new IOException("no connection port: " + query);
        }
        return new RawClient(SetupClient.open(found.port(), SETUP));
    }

    /** Its end of the connection, to lie with. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** Sends a frame if there is room; as one record, whatever it holds. */
    public boolean trySend(byte[] frame) throws ProtocolViolation {
        return trySend(RecordLayout.KIND_FRAME, frame);
    }

    /** Sends a record if there is room, and rings. */
    public boolean trySend(int kind, byte[] record) throws ProtocolViolation {
        boolean sent = writer.tryWrite(kind, record, 0, record.length);
        ring();
        return sent;
    }

    /** Writes a record's header at the beginning of the ring, and says that so much of the ring is filled. */
    public void claim(int lengthBytes, int kind, long tail) {
        endpoint.own().buffer().putLong(OutboxLayout.QUEUE, RecordLayout.header(lengthBytes, kind));
        word(OutboxLayout.TAIL, tail);
    }

    /** Sets a word of the own outbox, and rings. */
    public void word(int offset, long value) {
        Words.setLongRelease(endpoint.own().segment(), offset, value);
        ring();
    }

    /** Says how this side sleeps. */
    public void asleep(int value) {
        Words.setIntRelease(endpoint.own().segment(), OutboxLayout.ASLEEP, value);
    }

    /** Wakes the peer however it sleeps. */
    public void ring() {
        Futex.wake(endpoint.own().address() + OutboxLayout.TAIL, Futex.ALL);
        Futex.wake(endpoint.own().address() + OutboxLayout.CURSOR, Futex.ALL);
        Messages.ring(endpoint.pairDescriptor());
    }

    /** Sends bytes with so many copies of its own end as descriptors; false if there was no room. */
    public boolean trySendDescriptors(byte[] bytes, int count) {
        int[] descriptors = new int[count];
        Arrays.fill(descriptors, endpoint.pairDescriptor());
        return Messages.send(endpoint.pairDescriptor(), bytes, 0, bytes.length, descriptors) == bytes.length;
    }

    /** Takes the frames that are there; control records are passed over. */
    public List<byte[]> read() throws ProtocolViolation {
        List<byte[]> frames = new ArrayList<>();
        for (int length = reader.tryRead(memory); length != QueueReader.EMPTY; length = reader.tryRead(memory)) {
            if (reader.lastKind() == RecordLayout.KIND_FRAME) {
                frames.add(Arrays.copyOf(memory, length));
            }
        }
        if (reader.publishCursor()) {
            ring();
        }
        return frames;
    }

    /** Whether a frame of this type for this call is among those that are there now. */
    public boolean sees(int type, int call) throws ProtocolViolation {
        return read().stream().anyMatch(frame -> FrameHeader.type(frame) == type && FrameHeader.call(frame) == call);
    }

    /** Whether the peer has read all that was sent. */
    public boolean isRead() {
        return Words.getLongAcquire(endpoint.peer().segment(), OutboxLayout.CURSOR)
                == Words.getLongAcquire(endpoint.own().segment(), OutboxLayout.TAIL);
    }

    /** Whether the peer has closed its end; reads the bells that are there. */
    public boolean isEnded() {
        while (true) {
            int result = Messages.receive(endpoint.pairDescriptor(), received);
            if (result <= 0) {
                return result != -Errno.EAGAIN && result != -Errno.EINTR;
            }
            received.closeDescriptors();
        }
    }

    @Override
    public void close() {
        endpoint.close();
    }
}
