package dev.homeport.chaos.process;

import dev.homeport.lpc.memory.Section;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.PortSearcher;
import dev.homeport.lpc.port.SetupClient;
import dev.homeport.lpc.queue.QueueReader;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.Poll;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.UnixSocket;
import dev.homeport.lpc.transfer.Announcement;
import dev.homeport.lpc.transfer.Bounds;
import dev.homeport.lpc.transfer.ControlRecord;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.testkit.Wait;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code Hoarder <name>}: takes sections, then connections, then half-open set-ups of a server until each is refused. Says
 * what it has and goes on asking, a hundred times a second, until it is killed. Used by one thread.
 */
public final class Hoarder {
    /**
     * Begins the line that says what it has: connections, sections, half-open set-ups, connections that were ended
     * because they offered too much; then with what word the last connection was refused.
     */
    public static final String TAKEN = "taken ";

    /** Far more than it is given: beyond it there is no limit. */
    private static final int MOST_CONNECTIONS = 4_000;
    private static final int MOST_SETUPS = 96;
    private static final long SECTION_BYTES = Bounds.MAX_CONNECTION_BYTES / Bounds.MAX_SECTIONS;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long REFUSAL_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Setup SETUP =
            new Setup("hoarder", "", "", 8192, 65536, false, TimeUnit.SECONDS.toNanos(5));

    private final ConnectionPort port;
    /** Mapped by the server as often as it is offered: the memory of one makes up for that of them all. */
    private final Section section;
    private final List<Endpoint> connections = new ArrayList<>();
    private final List<Integer> setups = new ArrayList<>();
    private int sections;
    private int cutOff;
    private String refusal = "";

    private Hoarder(ConnectionPort port) throws IOException {
        this.port = port;
        this.section = Section.create(SECTION_BYTES);
    }

    /** Takes and holds. */
    public static void main(String[] arguments) throws Exception {
        if (!(PortSearcher.find(new PortQuery.ByName(arguments[0], -1)) instanceof PortSearch.Found found)) {
            throw new IOException("no such server: " + arguments[0]);
        }
        Hoarder hoarder = new Hoarder(found.port());
        hoarder.takeSections();
        while (hoarder.connections.size() < MOST_CONNECTIONS && hoarder.tryConnect()) {
            // One more.
        }
        hoarder.takeSetups();
        System.out.println(TAKEN + hoarder.connections.size() + " " + hoarder.sections + " " + hoarder.setups.size() + " "
                + hoarder.cutOff + " " + hoarder.refusal);
        while (System.in.available() == 0) {
            hoarder.tryConnect();
            hoarder.renewSetups();
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        System.exit(0);
    }

    private boolean tryConnect() {
        try {
            connections.add(SetupClient.open(port, SETUP));
            return true;
        } catch (IOException e) {
            refusal = String.valueOf(e.getMessage());
            return false;
        }
    }

    // ---- sections ----

    private void takeSections() throws ProtocolViolation {
        if (offerTooMany()) {
            cutOff++;
        }
        boolean ready = true;
        while (ready && connections.size() < MOST_CONNECTIONS && tryConnect()) {
            Endpoint connection = connections.getLast();
            QueueReader reader = new QueueReader(connection.own(), connection.peer());
            int number = 0;
            // What the connection that was ended had comes back a moment later: a refusal counts when it stays.
            long deadline = System.nanoTime() + REFUSAL_NANOS;
            for (int held = 0; held < Bounds.MAX_SECTIONS && System.nanoTime() - deadline < 0; ) {
                ready = isReady(connection, reader, number++);
                if (ready) {
                    held++;
                    sections++;
                } else {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        }
    }

    /** One section more than a connection may have; true if the server ends it. */
    private boolean offerTooMany() throws ProtocolViolation {
        if (!tryConnect()) {
            return false;
        }
        try (Endpoint connection = connections.removeLast()) {
            QueueReader reader = new QueueReader(connection.own(), connection.peer());
            for (int number = 0; number < Bounds.MAX_SECTIONS; number++) {
                isReady(connection, reader, number);
            }
            offer(connection, Bounds.MAX_SECTIONS);
            ReceivedMessage bell = new ReceivedMessage(8, 1);
            long deadline = System.nanoTime() + REFUSAL_NANOS;
            while (System.nanoTime() - deadline < 0) {
                if (Poll.await(connection.pairDescriptor(), Poll.IN, PAUSE_NANOS) > 0
                        && Messages.receive(connection.pairDescriptor(), bell) == 0) {
                    return true;
                }
            }
            return false;
        }
    }

    private void offer(Endpoint connection, int number) {
        byte[] offer = new Announcement(number, SECTION_BYTES).toBytes();
        Wait.until("there is room for an offer", () ->
                Messages.send(connection.pairDescriptor(), offer, 0, offer.length, section.descriptor()) != -Errno.EAGAIN);
    }

    private boolean isReady(Endpoint connection, QueueReader reader, int number) throws ProtocolViolation {
        offer(connection, number);
        byte[] record = new byte[RecordLayout.MAX_FRAME_BYTES];
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Wait.LIMIT_SECONDS);
        while (System.nanoTime() - deadline < 0) {
            if (reader.tryRead(record) != QueueReader.EMPTY && reader.lastKind() == RecordLayout.KIND_CONTROL) {
                reader.publishCursor();
                return ControlRecord.read(record).operation() == ControlRecord.READY;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no answer to section " + number);
    }

    // ---- half-open set-ups ----

    private void takeSetups() {
        while (setups.size() < MOST_SETUPS) {
            int socket = UnixSocket.connect(port.path(), REFUSAL_NANOS);
            if (socket < 0) {
                break;
            }
            setups.add(socket);
        }
        long deadline = System.nanoTime() + REFUSAL_NANOS;
        int asked = setups.size();
        while (setups.size() == asked && System.nanoTime() - deadline < 0) {
            dropRefused();
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        // Those refused at once are told together.
        dropRefused();
    }

    /** Who was refused, or was too slow, finds word of it. */
    private void dropRefused() {
        setups.removeIf(socket -> {
            boolean refused = Poll.await(socket, Poll.IN, 0) != 0;
            if (refused) {
                Descriptors.close(socket);
            }
            return refused;
        });
    }

    private void renewSetups() {
        dropRefused();
        int socket = UnixSocket.connect(port.path(), REFUSAL_NANOS);
        if (socket >= 0) {
            setups.add(socket);
        }
    }
}
