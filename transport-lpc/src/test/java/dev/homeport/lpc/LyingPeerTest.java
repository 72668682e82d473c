package dev.homeport.lpc;

import static dev.homeport.lpc.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.call.CallLimits;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.FrameLayout;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.Publisher;
import dev.homeport.lpc.queue.QueueWriter;
import dev.homeport.lpc.queue.QueueWriter;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Futex;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.transfer.ControlRecord;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.ProtocolViolation;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.InternalClientCalls;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A server that sets up a connection in good order and then writes what it likes into its outbox and its end of the
 * pair: every call of its client ends once, with a status that tells the cause; the client keeps nothing of it and can
 * connect again.
 */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class LyingPeerTest {
    private static final Setup SERVER = new Setup("server", "", "", 8192, 1 << 20, true, 5_000_000_000L);
    private static final Setup CLIENT = new Setup("client", "agent/1", "here", 8192, 1 << 20, false, 5_000_000_000L);
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> UNARY = method(MethodType.UNARY);
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> BIDI = method(MethodType.BIDI_STREAMING);
    private static final int FLOOD = 20_000;
    private static final int DESCRIPTOR_BELLS = 100;

    private final LpcTransport transport = new LpcTransport();
    private final BlockingQueue<Endpoint> accepted = new LinkedBlockingQueue<>();
    private final List<Watched> calls = new ArrayList<>();
    private String name;
    private Publisher publisher;
    private OpenThings before;
    private Connection victim;
    private Endpoint liar;

    private static MethodDescriptor<ConnectRequest, ConnectRequest> method(MethodType type) {
        return MethodDescriptor.<ConnectRequest, ConnectRequest>newBuilder()
                .setType(type)
                .setFullMethodName("test.Lying/" + type)
                .setRequestMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .build();
    }

    /** A call and its ends. */
    private static final class Watched extends ClientCall.Listener<ConnectRequest> {
        final List<Status> ends = new ArrayList<>();
        final CompletableFuture<Status> ended = new CompletableFuture<>();

        @Override
        public synchronized void onClose(Status status, Metadata trailers) {
            ends.add(status);
            ended.complete(status);
        }
    }

    @BeforeEach
    void connect() throws Exception {
        name = "lying-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        publisher = Publisher.publish(new PublishRequest(name, List.of(), SERVER, List.of()), accepted::add);
        // What stays for the process's life is made by the first connection.
        open();
        victim.shutdownNow(Status.CANCELLED);
        assertThat(eventually(victim::isEnded)).isTrue();
        liar.close();
        before = OpenThings.now();
        open();
    }

    private void open() throws Exception {
        AtomicReference<Connection> made = new AtomicReference<>();
        PortSearch.Found found = (PortSearch.Found) transport.find(new PortQuery.ByName(name, -1));
        transport.connect(found.port(), CLIENT, (port, peer) -> {
            made.set(new Connection(
                    port, peer, new ClientSettings("here", null, CallLimits.DEFAULT, Attributes.EMPTY), null));
            return made.get();
        });
        victim = made.get();
        liar = accepted.poll(10, TimeUnit.SECONDS);
        assertThat(liar).isNotNull();
    }

    @AfterEach
    void theNextConnectionWorksAndNothingLeaks() throws Exception {
        liar.close();
        assertThat(eventually(victim::isEnded)).isTrue();
        open();
        assertThat(victim.isEnded()).isFalse();
        victim.shutdownNow(Status.CANCELLED);
        assertThat(eventually(victim::isEnded)).isTrue();
        liar.close();
        assertThat(eventually(() -> OpenThings.now().equals(before)))
                .as("before %s, after %s", before, OpenThings.now())
                .isTrue();
        publisher.close();
    }

    private ClientCall<ConnectRequest, ConnectRequest> begin(MethodDescriptor<ConnectRequest, ConnectRequest> method) {
        ClientCall<ConnectRequest, ConnectRequest> call = victim.newCall(method, CallOptions.DEFAULT);
        Watched watched = new Watched();
        calls.add(watched);
        call.start(watched, new Metadata());
        call.request(10);
        call.sendMessage(ConnectRequest.getDefaultInstance());
        return call;
    }

    private CompletableFuture<Status> beginBlocking() {
        CompletableFuture<Status> end = new CompletableFuture<>();
        CallOptions options =
                InternalClientCalls.setStubType(CallOptions.DEFAULT, InternalClientCalls.StubType.BLOCKING);
        Channel channel = new Channel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions given) {
                return victim.newCall(method, given);
            }

            @Override
            public String authority() {
                return "here";
            }
        };
        Thread.ofPlatform().daemon().start(() -> {
            try {
                ClientCalls.blockingUnaryCall(channel, UNARY, options, ConnectRequest.getDefaultInstance());
                end.complete(Status.OK);
            } catch (StatusRuntimeException e) {
                end.complete(e.getStatus());
            }
        });
        assertThat(eventually(() -> victim.openCalls() == calls.size() + 1)).isTrue();
        return end;
    }

    private void wakeVictim() {
        Futex.wake(liar.own().address() + OutboxLayout.TAIL, Futex.ALL);
        Futex.wake(liar.own().address() + OutboxLayout.CURSOR, Futex.ALL);
        Messages.ring(liar.pairDescriptor());
    }

    private void record(int length, int kind, long tail) {
        liar.own().segment().set(
                ValueLayout.JAVA_LONG_UNALIGNED, OutboxLayout.QUEUE, RecordLayout.header(length, kind));
        tail(tail);
    }

    private void tail(long tail) {
        Words.setLongRelease(liar.own().segment(), OutboxLayout.TAIL, tail);
    }

    /** What the liar does. */
    private interface Lie {
        void tell(LyingPeerTest by);
    }

    private static Arguments lie(String says, Lie lie) {
        return Arguments.of(says, lie);
    }

    static Stream<Arguments> lies() {
        int ring = OutboxLayout.DEFAULT_QUEUE_BYTES;
        return Stream.of(
                lie("lengthBytes=-1", by -> by.record(-1, RecordLayout.KIND_FRAME, 16)),
                lie("lengthBytes=8185", by -> by.record(8185, RecordLayout.KIND_FRAME, ring)),
                lie("lengthBytes=2147483647", by -> by.record(Integer.MAX_VALUE, RecordLayout.KIND_FRAME, ring)),
                lie("lengthBytes=16", by -> by.record(16, RecordLayout.KIND_FRAME, 16)),
                lie("kind=0", by -> by.record(8, 0, 16)),
                lie("kind=4", by -> by.record(8, 4, 16)),
                lie("kind=-1", by -> by.record(8, -1, 16)),
                lie("kind=2", by -> by.record(8, RecordLayout.KIND_PADDING, 16)),
                lie("kind=2", by -> by.record(ring, RecordLayout.KIND_PADDING, ring)),
                lie("frame too short", by -> by.record(0, RecordLayout.KIND_FRAME, 8)),
                lie("unknown frame type", by -> by.record(8, RecordLayout.KIND_FRAME, 16)),
                lie("control record malformed", by -> by.record(8, RecordLayout.KIND_CONTROL, 16)),
                lie("tail out of range: tail=-8", by -> by.tail(-8)),
                lie("tail out of range: tail=4", by -> by.tail(4)),
                lie("tail out of range: tail=" + (ring + 8), by -> by.tail(ring + 8)),
                lie("tail out of range", by -> by.tail(Long.MAX_VALUE - 7)),
                lie("tail out of range", by -> by.tail(Long.MIN_VALUE)));
    }

    @ParameterizedTest(name = "{index} {0}")
    @MethodSource("lies")
    void lieEndsEveryCallOnceWithItsCause(String says, Lie lie) throws Exception {
        begin(UNARY).halfClose();
        begin(BIDI);
        CompletableFuture<Status> blocking = beginBlocking();

        lie.tell(this);
        wakeVictim();

        assertTells(blocking.get(5, TimeUnit.SECONDS), says);
        assertEachEndedOnce(says);
    }

    private static void assertTells(Status status, String says) {
        assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(status.getDescription()).startsWith("the peer broke the protocol: ").contains(says);
    }

    private void assertEachEndedOnce(String says) throws Exception {
        for (Watched call : calls) {
            assertTells(call.ended.get(5, TimeUnit.SECONDS), says);
        }
        assertThat(eventually(victim::isEnded)).isTrue();
        assertThat(calls).allMatch(call -> call.ends.size() == 1);
        assertThat(victim.openCalls()).isZero();
    }

    private void fill(ClientCall<ConnectRequest, ConnectRequest> call) {
        ConnectRequest message = ConnectRequest.newBuilder().setClientName("x".repeat(180)).build();
        for (int i = 0; i < OutboxLayout.DEFAULT_QUEUE_BYTES / 200 && call.isReady(); i++) {
            call.sendMessage(message);
        }
    }

    @Test
    void cursorPastTheTailEndsTheConnection() throws Exception {
        ClientCall<ConnectRequest, ConnectRequest> call = begin(BIDI);
        Words.setLongRelease(liar.own().segment(), OutboxLayout.CURSOR, 1L << 40);

        fill(call);

        assertEachEndedOnce("cursor out of range");
    }

    @Test
    void cursorThatGoesBackEndsTheConnection() throws Exception {
        ClientCall<ConnectRequest, ConnectRequest> call = begin(BIDI);
        assertThat(eventually(() -> Words.getLongAcquire(liar.peer().segment(), OutboxLayout.TAIL) > 0)).isTrue();
        fill(call);
        long read = Words.getLongAcquire(liar.peer().segment(), OutboxLayout.TAIL);
        Words.setLongRelease(liar.own().segment(), OutboxLayout.CURSOR, read);
        wakeVictim();
        assertThat(eventually(call::isReady)).isTrue();
        fill(call);
        Words.setLongRelease(liar.own().segment(), OutboxLayout.CURSOR, 8);
        wakeVictim();

        fill(call);

        assertEachEndedOnce("cursor out of range");
    }

    @Test
    void floodOfDoorbellsAndDescriptorsEndsNothingAndKeepsNothing() throws Exception {
        begin(BIDI);
        OpenThings open = OpenThings.now();
        for (int i = 0; i < FLOOD; i++) {
            Messages.ring(liar.pairDescriptor());
        }
        int[] most = new int[253];
        Arrays.fill(most, liar.pairDescriptor());
        int[] sent = {0};
        // Refused while the pair is full of bells, so until enough of them have gone through.
        assertThat(eventually(() -> {
            sent[0] += Messages.send(liar.pairDescriptor(), new byte[1], 0, 1, most) == 1 ? 1 : 0;
            return sent[0] == DESCRIPTOR_BELLS;
        })).isTrue();

        assertThat(eventually(() -> OpenThings.now().equals(open))).isTrue();
        assertThat(victim.isEnded()).isFalse();
        assertThat(calls.getFirst().ends).isEmpty();
    }

    /** What the peer published before its end counts, though nobody was rung for it: a reply is no lost call. */
    @RepeatedTest(20)
    void repliesPublishedBeforeTheEndAreTakenFirst() throws Exception {
        begin(UNARY).halfClose();
        CompletableFuture<Status> blocking = beginBlocking();
        QueueWriter writer = new QueueWriter(liar.own(), liar.peer());
        for (int slot = 0; slot < 2; slot++) {
            byte[] reply = new byte[FrameLayout.REPLY_BYTES];
            int flags = FrameLayout.FLAG_HEADERS | FrameLayout.FLAG_MESSAGE | FrameLayout.FLAG_STATUS;
            FrameHeader.putReply(reply, flags, 0, 1 << 16 | slot, 0, 0, 0, 0);
            writer.tryWrite(RecordLayout.KIND_FRAME, reply, 0, reply.length);
        }

        liar.close();

        assertThat(blocking.get(5, TimeUnit.SECONDS)).isEqualTo(Status.OK);
        assertThat(calls.getFirst().ended.get(5, TimeUnit.SECONDS)).isEqualTo(Status.OK);
    }

    @Test
    void closedPairEndsEveryCallUnavailable() throws Exception {
        begin(UNARY).halfClose();
        begin(BIDI);
        CompletableFuture<Status> blocking = beginBlocking();

        liar.close();

        assertThat(blocking.get(5, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        for (Watched call : calls) {
            Status status = call.ended.get(5, TimeUnit.SECONDS);
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription()).contains("the peer's process has ended");
        }
        assertThat(calls).allMatch(call -> call.ends.size() == 1);
    }

    /** Wishes that cannot be granted, whose answers are not read: the client does not keep them without end. */
    @Test
    void wishesWithoutEndEndTheConnection() throws Exception {
        QueueWriter writer = new QueueWriter(liar.own(), liar.peer());
        byte[] wish = new ControlRecord(ControlRecord.WISH, 0, Integer.MAX_VALUE).toBytes();

        assertThat(eventually(() -> {
            try {
                while (writer.tryWrite(RecordLayout.KIND_CONTROL, wish, 0, wish.length)) {
                    Thread.onSpinWait();
                }
            } catch (ProtocolViolation e) {
                return false;
            }
            wakeVictim();
            return victim.isEnded();
        })).isTrue();
    }
}
