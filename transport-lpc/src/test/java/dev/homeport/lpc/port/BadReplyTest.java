package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.homeport.idl.v1.ConnectReply;
import dev.homeport.lpc.OpenThings;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Memfd;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.Poll;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.SocketPair;
import dev.homeport.lpc.syscall.UnixSocket;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.Setup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that break the rules of set-up: the client gets the reason in words and keeps nothing. */
class BadReplyTest {
    private static final long BOUND_NANOS = TimeUnit.SECONDS.toNanos(20);

    @TempDir
    static Path directory = Path.of("");

    private final OpenThings before = OpenThings.now();
    private final Path path = directory.resolve("bad.sock");
    private int listener = -1;
    private SocketPair pair = new SocketPair(0, -1, -1);
    private Outbox outbox = outbox();

    /** What the server does once the request is there. */
    private interface Answer {
        void give(int socket, Envelope request) throws Exception;
    }

    @BeforeEach
    void listen() {
        listener = UnixSocket.listen(path.toString(), 8);
        assertThat(listener).isNotNegative();
        pair = SocketPair.create();
    }

    @AfterEach
    void nothingLeaks() throws Exception {
        Descriptors.close(listener);
        Descriptors.close(pair.first());
        Descriptors.close(pair.second());
        outbox.close();
        Files.delete(path);
        assertThat(Ports.eventually(() -> OpenThings.now().equals(before)))
                .as("before %s, after %s", before, OpenThings.now())
                .isTrue();
    }

    @Test
    void honestReplyIsTaken() throws Exception {
        Endpoint endpoint = open(Ports.CLIENT, (socket, request) -> send(socket, reply(), pairAndOutbox()));
        assertThat(endpoint.peer().queueBytes()).isEqualTo(outbox.queueBytes());
        endpoint.close();
    }

    @Test
    void serverThatClosesAtAnyByteOfItsReply() {
        byte[] bytes = Envelope.bytesOf(reply());
        for (int length = 0; length < bytes.length; length++) {
            int sent = length;
            assertFails("closed without a reply", (socket, request) -> {
                if (sent > 0) {
                    Messages.send(socket, bytes, 0, sent, pairAndOutbox());
                }
            });
        }
    }

    @Test
    void serverThatClosesBeforeTheRequest() {
        assertFailsAtOnce();
    }

    @Test
    void refusalIsToldInWords() {
        assertFails("refused: LIMIT, too?many", (socket, request) ->
                send(socket, SetupMessages.refusal(ConnectReply.Refusal.LIMIT, "too\nmany")));
    }

    @Test
    void refusalNobodyKnows() {
        assertFails("refused: UNRECOGNIZED", (socket, request) ->
                send(socket, ConnectReply.newBuilder().setRefusalValue(99).build()));
    }

    @Test
    void anotherVersion() {
        assertFails("version=2", (socket, request) ->
                send(socket, reply().toBuilder().setVersion(2).build(), pairAndOutbox()));
    }

    @Test
    void garbage() {
        assertFails("not a connection reply", (socket, request) ->
                Messages.send(socket, new byte[] {2, 0, 0, 0, -1, -1}, 0, 6, pairAndOutbox()));
        assertFails("too long", (socket, request) ->
                Messages.send(socket, new byte[] {-1, -1, -1, -1}, 0, 4, pairAndOutbox()));
        assertFails("extraBytes=1", (socket, request) ->
                Messages.send(socket, new byte[5], 0, 5, pairAndOutbox()));
    }

    @Test
    void missingAndExtraDescriptors() {
        assertFails("descriptors=0", (socket, request) -> send(socket, reply()));
        assertFails("descriptors=1", (socket, request) -> send(socket, reply(), pair.second()));
        assertFails("descriptors=3", (socket, request) ->
                send(socket, reply(), pair.second(), outbox.descriptor(), outbox.descriptor()));
    }

    @Test
    void descriptorsInTheWrongOrder() {
        assertFails("no socket pair", (socket, request) ->
                send(socket, reply(), outbox.descriptor(), pair.second()));
    }

    @Test
    void streamInsteadOfAPair() {
        assertFails("no socket pair", (socket, request) ->
                send(socket, reply(), socket, outbox.descriptor()));
    }

    @Test
    void outboxThatIsNotSealed() {
        assertFails("NOT_SEALED", (socket, request) -> {
            int memory = Memfd.create("bad");
            Memfd.allocate(memory, OutboxLayout.outboxBytes(outbox.queueBytes()));
            send(socket, reply(), pair.second(), memory);
            Descriptors.close(memory);
        });
    }

    @Test
    void clientsOwnOutboxSentBack() {
        assertFails("OUR_OWN", (socket, request) ->
                send(socket, reply(), pair.second(), request.descriptor(0)));
    }

    @Test
    void queueOfNoSizeAndSillyThreshold() {
        assertFails("WRONG_SIZE", (socket, request) ->
                send(socket, reply().toBuilder().setQueueBytes(0).build(), pairAndOutbox()));
        assertFails("smallMessageBytes=4294967295", (socket, request) ->
                send(socket, reply().toBuilder().setSmallMessageBytes(-1).build(), pairAndOutbox()));
    }

    @Test
    void silentServerCostsItsTimeAndNoMore() {
        Setup hasty = new Setup("client", "", "", 1, 1, false, TimeUnit.MILLISECONDS.toNanos(50));
        long start = System.nanoTime();
        IOException failure = catchThrowableOfType(IOException.class, () -> open(
                hasty, (socket, request) -> Poll.await(socket, 0, BOUND_NANOS)));
        assertThat(failure).hasMessageContaining("no reply in time");
        assertThat(System.nanoTime() - start).isBetween(hasty.timeoutNanos(), BOUND_NANOS);
    }

    private static Outbox outbox() {
        try {
            return Outbox.create(OutboxLayout.DEFAULT_QUEUE_BYTES);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private int[] pairAndOutbox() {
        return new int[] {pair.second(), outbox.descriptor()};
    }

    private static ConnectReply reply() {
        return SetupMessages.reply(Ports.SERVER, DirectProbe.Answer.no("test"));
    }

    private static void send(int socket, ConnectReply reply, int... descriptors) {
        byte[] bytes = Envelope.bytesOf(reply);
        assertThat(Messages.send(socket, bytes, 0, bytes.length, descriptors)).isEqualTo(bytes.length);
    }

    private void assertFails(String reason, Answer answer) {
        IOException failure = catchThrowableOfType(IOException.class, () -> open(Ports.CLIENT, answer));
        assertThat(failure).isNotNull().hasMessageContaining(reason).hasMessageContaining(path.toString());
    }

    private void assertFailsAtOnce() {
        Thread server = Thread.ofPlatform().daemon().start(() -> Descriptors.close(UnixSocket.awaitAccept(listener)));
        IOException failure = catchThrowableOfType(
                IOException.class, () -> SetupClient.open(port(), Ports.CLIENT));
        assertThat(failure).hasMessageContaining("closed without a reply");
        join(server);
    }

    private Endpoint open(Setup setup, Answer answer) throws IOException {
        Thread server = Thread.ofPlatform().daemon().start(() -> serve(answer));
        try {
            return SetupClient.open(port(), setup);
        } finally {
            join(server);
        }
    }

    private static void join(Thread thread) {
        try {
            assertThat(thread.join(java.time.Duration.ofSeconds(30))).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private ConnectionPort port() {
        return new ConnectionPort("bad", path.toString(), Ports.OWN_UID, -1);
    }

    private void serve(Answer answer) {
        int socket = UnixSocket.awaitAccept(listener);
        try (Envelope request = new Envelope(1)) {
            ReceivedMessage scratch = new ReceivedMessage(Envelope.READ_BYTES, 4);
            while (request.read(socket, scratch) == Envelope.Progress.INCOMPLETE) {
                Poll.await(socket, Poll.IN, BOUND_NANOS);
            }
            answer.give(socket, request);
        } catch (Exception e) {
            throw new AssertionError(e);
        } finally {
            Descriptors.close(socket);
        }
    }
}
