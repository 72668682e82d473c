package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.idl.v1.ConnectReply;
import dev.homeport.idl.v1.ConnectReply.Refusal;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.OpenThings;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.Poll;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.UnixSocket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that break the rules of set-up are refused in words; the server serves the next one and keeps nothing. */
class BadRequestTest {
    private static final long BOUND_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int GARBAGE_ROUNDS = 200;

    @TempDir
    static Path directory = Path.of("");

    private Ports ports = new Ports(directory);
    private OpenThings before = OpenThings.now();
    private Publisher publisher;
    private Outbox outbox;

    @BeforeEach
    void publish() throws Exception {
        new Ports(directory).publish("warm").close();
        SetupServer.shared();
        before = OpenThings.now();
        publisher = ports.publish("name");
        outbox = Outbox.create(OutboxLayout.DEFAULT_QUEUE_BYTES);
    }

    @AfterEach
    void theNextClientIsServedAndNothingLeaks() throws Exception {
        Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT);
        Endpoint server = ports.awaitAccepted();
        assertThat(ports.accepted).isEmpty();
        client.close();
        server.close();
        publisher.close();
        outbox.close();
        assertThat(Ports.eventually(() -> OpenThings.now().equals(before)))
                .as("before %s, after %s", before, OpenThings.now())
                .isTrue();
        assertThat(Ports.eventually(() -> Ports.halfOpen() == 0)).isTrue();
        assertThat(Ports.connections()).isZero();
    }

    @Test
    void noDescriptor() throws Exception {
        assertRefused(Refusal.BAD_REQUEST, "descriptors=0", request());
    }

    @Test
    void oneDescriptorTooMany() throws Exception {
        int[] two = {outbox.descriptor(), outbox.descriptor()};
        assertRefused(Refusal.BAD_REQUEST, "too many descriptors: descriptors=2", request(), two);
    }

    @Test
    void asManyDescriptorsAsTheKernelCarries() throws Exception {
        int[] most = new int[ReceivedMessage.MAX_DESCRIPTORS];
        Arrays.fill(most, outbox.descriptor());
        assertRefused(Refusal.BAD_REQUEST, "descriptors=253", request(), most);
    }

    @Test
    void descriptorThatIsNoOutbox() throws Exception {
        int file = Descriptors.openNoFollow("/dev/zero", Descriptors.O_RDONLY, 0);
        assertRefused(Refusal.BAD_REQUEST, "NOT_A_FILE", request(), file);
        Descriptors.close(file);
    }

    @Test
    void outboxOfAnotherSizeThanSaid() throws Exception {
        byte[] request = Envelope.bytesOf(ConnectRequest.newBuilder()
                .setMinVersion(1)
                .setMaxVersion(1)
                .setQueueBytes(OutboxLayout.MAX_QUEUE_BYTES)
                .build());
        assertRefused(Refusal.BAD_REQUEST, "WRONG_SIZE", request, outbox.descriptor());
    }

    @Test
    void queueOfNoSize() throws Exception {
        for (int queueBytes : new int[] {0, -1, 5000, Integer.MIN_VALUE}) {
            byte[] request = Envelope.bytesOf(ConnectRequest.newBuilder()
                    .setMinVersion(1)
                    .setMaxVersion(1)
                    .setQueueBytes(queueBytes)
                    .build());
            assertRefused(Refusal.BAD_REQUEST, "WRONG_SIZE", request, outbox.descriptor());
        }
    }

    @Test
    void versionNobodySpeaksHere() throws Exception {
        for (int version : new int[] {0, 2, -1}) {
            byte[] request = Envelope.bytesOf(ConnectRequest.newBuilder()
                    .setMinVersion(version)
                    .setMaxVersion(version)
                    .setQueueBytes(outbox.queueBytes())
                    .build());
            assertRefused(Refusal.VERSION, "spoken here: 1", request, outbox.descriptor());
        }
    }

    @Test
    void bytesBehindTheRequest() throws Exception {
        byte[] request = Arrays.copyOf(request(), request().length + 1);
        assertRefused(Refusal.BAD_REQUEST, "extraBytes=1", request, outbox.descriptor());
    }

    @Test
    void lengthBeyondTheLimit() throws Exception {
        for (byte[] prefix : new byte[][] {{1, 0, 1, 0}, {-1, -1, -1, -1}, {0, 0, 0, -128}}) {
            assertRefused(Refusal.BAD_REQUEST, "too long", prefix, outbox.descriptor());
        }
    }

    @Test
    void garbageOfTheRightLength() throws Exception {
        SplittableRandom random = new SplittableRandom(42);
        for (int i = 0; i < GARBAGE_ROUNDS; i++) {
            byte[] bytes = new byte[4 + random.nextInt(200)];
            random.nextBytes(bytes);
            Arrays.fill(bytes, 0, 4, (byte) 0);
            bytes[0] = (byte) (bytes.length - 4);
            assertThat(exchange(bytes, outbox.descriptor()).getRefusal())
                    .isIn(Refusal.BAD_REQUEST, Refusal.VERSION);
        }
    }

    @Test
    void requestOneByteAtATimeIsServed() throws Exception {
        int socket = connect();
        byte[] request = request();
        Messages.send(socket, request, 0, 1, outbox.descriptor());
        for (int i = 1; i < request.length; i++) {
            assertThat(Messages.send(socket, request, i, 1)).isEqualTo(1);
        }
        try (Envelope reply = reply(socket)) {
            assertThat(reply.descriptorCount()).isEqualTo(2);
        }
        ports.awaitAccepted().close();
        Descriptors.close(socket);
    }

    @Test
    void clientThatLeavesAtAnyByteCostsNothing() throws Exception {
        byte[] request = request();
        for (int length = 0; length < request.length; length++) {
            int socket = connect();
            if (length > 0) {
                Messages.send(socket, request, 0, length, outbox.descriptor());
            }
            Descriptors.close(socket);
        }
        assertThat(ports.accepted).isEmpty();
    }

    @Test
    void clientThatLeavesBeforeTheReplyCostsNothing() throws Exception {
        int socket = connect();
        byte[] request = request();
        Messages.send(socket, request, 0, request.length, outbox.descriptor());
        Descriptors.close(socket);
        // Either the reply could not be sent, or the pair has ended already.
        assertThat(Ports.eventually(() -> Ports.halfOpen() == 0)).isTrue();
        Endpoint server = ports.accepted.poll(100, TimeUnit.MILLISECONDS);
        if (server != null) {
            assertThat(Messages.receive(server.pairDescriptor(), new ReceivedMessage(8, 1))).isZero();
            server.close();
        }
    }

    @Test
    void halfOpenSetUpsOfAUserAreBoundedAndTheRestIsToldSo() throws Exception {
        int[] sockets = new int[UidLimit.MAX_HALF_OPEN];
        Arrays.setAll(sockets, i -> connect());
        assertThat(Ports.eventually(() -> Ports.halfOpen() == sockets.length)).isTrue();

        assertRefused(Refusal.LIMIT, "max=64", request(), outbox.descriptor());

        Arrays.stream(sockets).forEach(Descriptors::close);
        assertThat(Ports.eventually(() -> Ports.halfOpen() == 0)).isTrue();
    }

    @Test
    void clientThatSaysNothingIsClosedInTime() throws Exception {
        int socket = connect();
        try (Envelope reply = reply(socket)) {
            ConnectReply refusal = ConnectReply.parseFrom(reply.body());
            assertThat(refusal.getDetail()).contains("in time");
        }
        Descriptors.close(socket);
    }

    private byte[] request() {
        return Envelope.bytesOf(SetupMessages.request(Ports.CLIENT).build());
    }

    private int connect() {
        int socket = UnixSocket.connect(publisher.paths().getFirst().toString(), BOUND_NANOS);
        assertThat(socket).isNotNegative();
        return socket;
    }

    private void assertRefused(Refusal refusal, String detail, byte[] bytes, int... descriptors) throws Exception {
        ConnectReply reply = exchange(bytes, descriptors);
        assertThat(reply.getRefusal()).as(reply.getDetail()).isEqualTo(refusal);
        assertThat(reply.getDetail()).contains(detail);
    }

    private ConnectReply exchange(byte[] bytes, int... descriptors) throws Exception {
        int socket = connect();
        Messages.send(socket, bytes, 0, bytes.length, descriptors);
        try (Envelope reply = reply(socket)) {
            assertThat(reply.descriptorCount()).isZero();
            return ConnectReply.parseFrom(reply.body());
        } finally {
            Descriptors.close(socket);
        }
    }

    private static Envelope reply(int socket) throws Exception {
        Envelope reply = new Envelope(2);
        ReceivedMessage scratch = new ReceivedMessage(Envelope.READ_BYTES, 4);
        long deadline = System.nanoTime() + BOUND_NANOS;
        Envelope.Progress progress = reply.read(socket, scratch);
        while (progress == Envelope.Progress.INCOMPLETE && System.nanoTime() < deadline) {
            Poll.await(socket, Poll.IN, BOUND_NANOS);
            progress = reply.read(socket, scratch);
        }
        assertThat(progress).isEqualTo(Envelope.Progress.COMPLETE);
        return reply;
    }
}
