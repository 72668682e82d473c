package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.Route;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that is killed or stopped in the midst of calls: what its peer sees of it, and how soon. */
@Tag("lpc")
@Timeout(60)
class SuddenDeathTest {
    private static final long ONE_SECOND_NANOS = 1_000_000_000;

    private int port;
    private Jvm server;
    private ManagedChannel channel;

    @BeforeEach
    void serve() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        server = startServer();
        Wait.until("a channel whose calls are all local", this::connect);
    }

    /** On a busy machine the first call may go by TCP, whose connection then stays. */
    private boolean connect() {
        channel = Grpc.newChannelBuilder("localhost:" + port, InsecureChannelCredentials.create())
                .build();
        EchoGrpc.newBlockingStub(channel).unary(Payload.request(10, 0));
        if (TcpTable.established(port).isEmpty()) {
            return true;
        }
        channel.shutdownNow();
        return false;
    }

    private Jvm startServer() {
        Jvm started = Jvm.start(NamedServer.class, Integer.toString(port));
        started.awaitLine(PlainServer.PORT);
        return started;
    }

    @AfterEach
    void end() throws InterruptedException {
        server.close();
        assertThat(channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** A call whose ends are counted and timed. */
    private static final class Watched<T> extends ClientCall.Listener<T> {
        final List<Status> ends = new ArrayList<>();
        final CompletableFuture<Long> endedAt = new CompletableFuture<>();
        final CompletableFuture<T> first = new CompletableFuture<>();

        @Override
        public void onMessage(T message) {
            first.complete(message);
        }

        @Override
        public synchronized void onClose(Status status, Metadata trailers) {
            ends.add(status);
            endedAt.complete(System.nanoTime());
        }

        synchronized List<Status> ends() {
            return List.copyOf(ends);
        }
    }

    private <Q, R> Watched<R> open(MethodDescriptor<Q, R> method, Q request, boolean halfClose, int wanted) {
        ClientCall<Q, R> call = channel.newCall(method, CallOptions.DEFAULT);
        Watched<R> watched = new Watched<>();
        call.start(watched, new Metadata());
        call.request(wanted);
        call.sendMessage(request);
        if (halfClose) {
            call.halfClose();
        }
        return watched;
    }

    @Test
    void killedServerEndsEachKindOfCallOnceAndSoon() throws Exception {
        EchoRequest slow = EchoRequest.newBuilder().setDelayMillis(600_000).build();
        var download = DownloadRequest.newBuilder()
                .setCount(Integer.MAX_VALUE).setBytes(1_000).build();
        List<Watched<?>> calls = new ArrayList<>();
        calls.add(open(EchoGrpc.getUnaryMethod(), slow, true, 2));
        calls.add(open(EchoGrpc.getUploadMethod(), Payload.request(500_000, 0), false, 2));
        Watched<EchoReply> chat = open(EchoGrpc.getChatMethod(), Payload.request(10, 0), false, 2);
        Watched<EchoReply> replies = open(EchoGrpc.getDownloadMethod(), download, true, Integer.MAX_VALUE);
        calls.add(chat);
        calls.add(replies);
        CompletableFuture<Status> blocking = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform().start(() -> blocking.complete(statusOf(slow)));
        Wait.get(chat.first);
        Wait.get(replies.first);
        assertThat(caller.isAlive()).isTrue();
        assertThat(TcpTable.established(port)).as("calls go by LPC").isEmpty();

        long killed = System.nanoTime();
        server.kill();

        for (Watched<?> call : calls) {
            assertThat(Wait.get(call.endedAt) - killed).isLessThan(ONE_SECOND_NANOS);
        }
        assertThat(Wait.get(blocking).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(System.nanoTime() - killed).isLessThan(ONE_SECOND_NANOS);
        assertThat(calls).allSatisfy(call -> assertThat(call.ends()).hasSize(1));
        assertThat(calls).allSatisfy(call ->
                assertThat(call.ends().getFirst().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }

    private Status statusOf(EchoRequest request) {
        try {
            EchoGrpc.newBlockingStub(channel).unary(request);
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Test
    void successorOfAKilledServerIsFoundByTheSameChannel() {
        server.kill();
        Jvm dead = server;
        server = startServer();
        dead.close();

        Wait.until("the successor is reached", () -> statusOf(Payload.request(10, 1)).isOk());
        // A call goes remote while the successor is looked for, at most every 100 ms; then calls are local again.
        Wait.until("calls are local again", () ->
                statusOf(Payload.request(10, 2)).isOk() && Route.of(channel).isLocal());
    }

    @Test
    void killedClientsLeaveNothingInTheServer() {
        try (Jvm warmUp = Jvm.start(BusyClient.class, "localhost:" + port)) {
            warmUp.awaitLine(PlainClient.DONE);
            warmUp.kill();
        }
        Wait.until("the warm-up's connection is gone", () -> ProcSnapshot.of(server.pid()).memfdMappings() <= 4);
        ProcSnapshot before = ProcSnapshot.of(server.pid());
        try (Jvm client = Jvm.start(BusyClient.class, "localhost:" + port)) {
            client.awaitLine(PlainClient.DONE);
            client.kill();
        }

        ProcSnapshot.awaitNoGrowth(server.pid(), before);
        assertThat(statusOf(Payload.request(10, 4)).isOk()).isTrue();
    }

    @Test
    void stoppedServerMeansADeadlineInTime() {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
        server.freeze();

        long[] late = new long[5];
        for (int i = 0; i < late.length; i++) {
            long deadline = System.nanoTime() + 100_000_000;
            Status status = null;
            try {
                stub.withDeadlineAfter(100, TimeUnit.MILLISECONDS).unary(Payload.request(10, i));
            } catch (StatusRuntimeException e) {
                status = e.getStatus();
            }
            late[i] = System.nanoTime() - deadline;
            assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        }

        // 20 ms either way for the median; a single one may fall into a pause of a busy machine.
        Arrays.sort(late);
        assertThat(TimeUnit.NANOSECONDS.toMillis(late[late.length / 2])).isBetween(-20L, 20L);
        server.resume();
        Wait.until("it serves on", () -> statusOf(Payload.request(10, 9)).isOk());
    }
}
