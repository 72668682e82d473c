package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.Publisher;
import dev.homeport.lpc.queue.QueueWriter;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Futex;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.ProtocolViolation;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A connection whose one side is a {@link LpcPort} and whose other side is played by the test, step by step. */
final class PlayedPeer implements AutoCloseable {
    static final byte[] FRAME = new byte[32];
    private static final Setup SERVER = new Setup("server", "", "", 8192, 1 << 20, true, 5_000_000_000L);
    private static final Setup CLIENT = new Setup("client", "agent/1", "here", 8192, 1 << 20, false, 5_000_000_000L);

    private final BlockingQueue<Endpoint> accepted = new LinkedBlockingQueue<>();
    private final Publisher publisher;
    private final QueueWriter writer;
    final LpcPort port;
    /** The test's side. */
    final Endpoint endpoint;

    PlayedPeer(FrameReceiver receiver) throws Exception {
        String name = "played-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        publisher = Publisher.publish(new PublishRequest(name, List.of(), SERVER, List.of()), accepted::add);
        LpcTransport transport = new LpcTransport();
        PortSearch.Found found = (PortSearch.Found) transport.find(new PortQuery.ByName(name, -1));
        LpcPort[] connected = new LpcPort[1];
        transport.connect(found.port(), CLIENT, (made, said) -> {
            connected[0] = (LpcPort) made;
            return receiver;
        });
        port = connected[0];
        endpoint = accepted.poll(10, TimeUnit.SECONDS);
        assertThat(endpoint).isNotNull();
        writer = new QueueWriter(endpoint.own(), endpoint.peer());
    }

    /** How the port says that it sleeps: READING, FUTEX or EPOLL. */
    int sees() {
        return Words.getIntAcquire(endpoint.peer().segment(), OutboxLayout.ASLEEP) & OutboxLayout.SLEEP_MASK;
    }

    /** Whether nobody reads the port, and its peer is asked to ring in this way. */
    boolean isLeftTo(int how) {
        return !port.polled && port.role.isFree() && sees() == how;
    }

    /** A frame for which nobody is rung, as when its writer saw a reader. */
    void writeUnrung() {
        try {
            assertThat(writer.tryWrite(RecordLayout.KIND_FRAME, FRAME, 0, FRAME.length)).isTrue();
        } catch (ProtocolViolation e) {
            throw new AssertionError(e);
        }
    }

    /** Rings as the port asks for it; not at all if somebody reads. */
    void ring() {
        switch (sees()) {
            case OutboxLayout.EPOLL -> ringSocket();
            case OutboxLayout.FUTEX -> Futex.wake(endpoint.own().address() + OutboxLayout.TAIL, Futex.ALL);
            default -> {}
        }
    }

    void ringSocket() {
        Messages.ring(endpoint.pairDescriptor());
    }

    /** Says how this side sleeps, in an epoch of its own. */
    void sleep(int how) {
        Words.setIntRelease(endpoint.own().segment(), OutboxLayout.ASLEEP, 7 * OutboxLayout.EPOCH_STEP | how);
    }

    /** Counts as read what the port has sent. */
    void readAll() {
        Words.setLongRelease(
                endpoint.own().segment(),
                OutboxLayout.CURSOR,
                Words.getLongAcquire(endpoint.peer().segment(), OutboxLayout.TAIL));
    }

    @Override
    public void close() throws java.io.IOException {
        port.close(EndCause.of(EndCause.Kind.LOCAL_CLOSE, "test"));
        endpoint.close();
        publisher.close();
    }
}
