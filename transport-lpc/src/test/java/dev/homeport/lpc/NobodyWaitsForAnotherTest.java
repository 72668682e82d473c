package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.call.CallLimits;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.Dispatch;
import dev.homeport.call.MethodLookup;
import dev.homeport.call.ServerSettings;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.InternalClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whoever waits, reads, and yet nobody waits for another: slow handlers, slow receivers and sleeping callers hold up
 * only themselves, and no wake-up is lost.
 */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class NobodyWaitsForAnotherTest {
    private static final Setup SERVER = new Setup("server", "", "", 8192, 1 << 20, true, 5_000_000_000L);
    private static final Setup CLIENT = new Setup("client", "agent/1", "here", 8192, 1 << 20, false, 5_000_000_000L);
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> ECHO = method("Echo", MethodType.UNARY);
    /** Its handler holds its thread until the test lets it go. */
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> HOLD = method("Hold", MethodType.UNARY);
    /** Its handler holds its thread for longer than the watchdog waits. */
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> DOZE = method("Doze", MethodType.UNARY);
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> NEST = method("Nest", MethodType.UNARY);
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> FLOOD =
            method("Flood", MethodType.SERVER_STREAMING);
    /** What a delayed call may take in the median: the promise is 2 ms. */
    private static final long MEDIAN_NANOS = 2_000_000;
    /** And at the 95th percentile, on two shared cores with other builds beside this one. */
    private static final long P95_NANOS = 20_000_000;
    private static final int CALLS = 200;
    private static final ConnectRequest REQUEST = ConnectRequest.newBuilder().setQueueBytes(7).build();

    private final LpcTransport transport = new LpcTransport();
    private final String name = "waits-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    private final List<Connection> connections = new ArrayList<>();
    private final ConcurrentLinkedQueue<Connection> accepted = new ConcurrentLinkedQueue<>();
    private final CountDownLatch letGo = new CountDownLatch(1);
    private volatile CountDownLatch holding = new CountDownLatch(1);
    private Publication publication;

    private static MethodDescriptor<ConnectRequest, ConnectRequest> method(String name, MethodType type) {
        return MethodDescriptor.<ConnectRequest, ConnectRequest>newBuilder()
                .setType(type)
                .setFullMethodName("test.Waits/" + name)
                .setRequestMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .build();
    }

    private ServerMethodDefinition<?, ?> serve(String method) {
        return switch (method) {
            case "test.Waits/Echo" -> ServerMethodDefinition.create(ECHO, ServerCalls.asyncUnaryCall(this::echo));
            case "test.Waits/Hold" -> ServerMethodDefinition.create(HOLD, ServerCalls.asyncUnaryCall(this::hold));
            case "test.Waits/Doze" -> ServerMethodDefinition.create(DOZE, ServerCalls.asyncUnaryCall(this::doze));
            case "test.Waits/Nest" -> ServerMethodDefinition.create(NEST, ServerCalls.asyncUnaryCall(this::nest));
            case "test.Waits/Flood" ->
                ServerMethodDefinition.create(FLOOD, ServerCalls.asyncServerStreamingCall(this::flood));
            default -> null;
        };
    }

    private void echo(ConnectRequest request, StreamObserver<ConnectRequest> reply) {
        reply.onNext(request);
        reply.onCompleted();
    }

    private void hold(ConnectRequest request, StreamObserver<ConnectRequest> reply) {
        holding.countDown();
        try {
            letGo.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        echo(request, reply);
    }

    private void doze(ConnectRequest request, StreamObserver<ConnectRequest> reply) {
        LockSupport.parkNanos(3_000_000);
        echo(request, reply);
    }

    private void nest(ConnectRequest request, StreamObserver<ConnectRequest> reply) {
        echo(call(connections.getFirst(), ECHO, request), reply);
    }

    private void flood(ConnectRequest request, StreamObserver<ConnectRequest> reply) {
        ServerCallStreamObserver<ConnectRequest> sink = (ServerCallStreamObserver<ConnectRequest>) reply;
        ConnectRequest message = ConnectRequest.newBuilder().setClientName("x".repeat(4000)).build();
        sink.setOnReadyHandler(() -> {
            while (sink.isReady()) {
                sink.onNext(message);
            }
            holding.countDown();
        });
    }

    @BeforeEach
    void connect() throws Exception {
        ServerSettings server = new ServerSettings(
                new MethodLookup() {
                    @Override
                    public ServerMethodDefinition<?, ?> lookup(String method, String authority) {
                        return serve(method);
                    }

                    @Override
                    public ServerMethodDefinition<?, ?> registered(String method) {
                        return serve(method);
                    }
                },
                Dispatch.ON_READER, CallLimits.DEFAULT, ServerSettings.Observers.NONE, Attributes.EMPTY, null);
        publication = transport.publish(new PublishRequest(name, List.of(), SERVER, List.of()), (port, peer) -> {
            Connection made = new Connection(port, peer, null, server);
            accepted.add(made);
            return made;
        });
        addConnections(2);
        for (int i = 0; i < 2_000; i++) {
            call(connections.get(i % 2), ECHO, REQUEST);
        }
    }

    private void addConnections(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            AtomicReference<Connection> made = new AtomicReference<>();
            PortSearch.Found found = (PortSearch.Found) transport.find(new PortQuery.ByName(name, -1));
            transport.connect(found.port(), CLIENT, (port, peer) -> {
                made.set(new Connection(
                        port, peer, new ClientSettings("here", null, CallLimits.DEFAULT, Attributes.EMPTY), null));
                return made.get();
            });
            connections.add(made.get());
        }
    }

    @AfterEach
    void noSafetyNetCaughtAnything() {
        letGo.countDown();
        connections.forEach(connection ->
                assertThat(connection.port().counters().safetyNetWakes()).isZero());
        accepted.forEach(connection ->
                assertThat(connection.port().counters().safetyNetWakes()).isZero());
        connections.forEach(connection -> connection.shutdownNow(Status.UNAVAILABLE));
        publication.close();
    }

    private static ConnectRequest call(
            Connection connection, MethodDescriptor<ConnectRequest, ConnectRequest> method, ConnectRequest request) {
        return call(connection, method, request, CallOptions.DEFAULT);
    }

    private static ConnectRequest call(
            Connection connection,
            MethodDescriptor<ConnectRequest, ConnectRequest> method,
            ConnectRequest request,
            CallOptions options) {
        Channel channel = new Channel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> called, CallOptions given) {
                return connection.newCall(called, given);
            }

            @Override
            public String authority() {
                return "here";
            }
        };
        return ClientCalls.blockingUnaryCall(
                channel,
                method,
                InternalClientCalls.setStubType(options, InternalClientCalls.StubType.BLOCKING),
                request);
    }

    private static ListenableCall start(Connection connection, MethodDescriptor<ConnectRequest, ConnectRequest> method) {
        return new ListenableCall(ClientCalls.futureUnaryCall(
                connection.newCall(method, CallOptions.DEFAULT), REQUEST));
    }

    private record ListenableCall(Future<ConnectRequest> reply) {
        void awaitReply() throws Exception {
            assertThat(reply.get(10, TimeUnit.SECONDS)).isEqualTo(REQUEST);
        }
    }

    private void assertCallsAreQuick() {
        for (Connection connection : connections) {
            long[] took = new long[CALLS];
            for (int i = 0; i < CALLS; i++) {
                long begun = System.nanoTime();
                call(connection, ECHO, REQUEST);
                took[i] = System.nanoTime() - begun;
            }
            Arrays.sort(took);
            assertThat(took[CALLS / 2]).as("median").isLessThan(MEDIAN_NANOS);
            assertThat(took[CALLS * 95 / 100]).as("95th percentile").isLessThan(P95_NANOS);
        }
    }

    private void awaitHolding() throws InterruptedException {
        assertThat(holding.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void handlerThatHoldsItsThreadDelaysNoOtherCall() throws Exception {
        ListenableCall held = start(connections.getFirst(), HOLD);
        awaitHolding();

        assertCallsAreQuick();

        assertThat(held.reply.isDone()).isFalse();
        letGo.countDown();
        held.awaitReply();
    }

    /** It may hold the user's locks. */
    @Test
    void callerThatWaitsRunsNoListenerOfAnotherCall() throws Exception {
        CompletableFuture<Status> end = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform().daemon().start(() -> end.complete(endOf(CallOptions.DEFAULT)));
        awaitHolding();
        awaitAsleep(caller);

        for (int i = 0; i < CALLS; i++) {
            assertThat(listenerThread(connections.getFirst())).isNotSameAs(caller);
        }

        letGo.countDown();
        assertThat(end.get(10, TimeUnit.SECONDS).isOk()).isTrue();
    }

    private static Thread listenerThread(Connection connection) throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        ClientCalls.asyncUnaryCall(connection.newCall(ECHO, CallOptions.DEFAULT), REQUEST, new StreamObserver<>() {
            @Override
            public void onNext(ConnectRequest reply) {
                thread.complete(Thread.currentThread());
            }

            @Override
            public void onError(Throwable t) {
                thread.completeExceptionally(t);
            }

            @Override
            public void onCompleted() {
                // The thread is known by now.
            }
        });
        return thread.get(10, TimeUnit.SECONDS);
    }

    @RepeatedTest(10)
    void manySlowHandlersAtOnceLeaveAReader() throws Exception {
        int many = 40;
        holding = new CountDownLatch(many);
        List<ListenableCall> held = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            held.add(start(connections.get(i % 2), HOLD));
        }
        awaitHolding();

        assertCallsAreQuick();

        letGo.countDown();
        for (ListenableCall call : held) {
            call.awaitReply();
        }
    }

    /** A reader polls so many busy ports, until a handler holds it; another one has to poll them then. */
    @Test
    void manyBusyPortsGoOnWhileHandlersHoldTheirReaders() throws Exception {
        addConnections(30);
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (Connection connection : connections) {
            CompletableFuture<Void> end = new CompletableFuture<>();
            ends.add(end);
            callOnAndOn(connection, 2_000, end);
        }

        for (CompletableFuture<Void> end : ends) {
            end.get(15, TimeUnit.SECONDS);
        }

        assertThat(accepted.stream().mapToLong(each -> each.port().counters().takeOvers()).sum()).isPositive();
    }

    /** Each call is begun by the listener of the one before; one in 500 dozes. */
    private static void callOnAndOn(Connection connection, int left, CompletableFuture<Void> end) {
        if (left == 0) {
            end.complete(null);
            return;
        }
        ClientCalls.asyncUnaryCall(
                connection.newCall(left % 500 == 250 ? DOZE : ECHO, CallOptions.DEFAULT), REQUEST, new StreamObserver<>() {
                    @Override
                    public void onNext(ConnectRequest reply) {
                        assertThat(reply).isEqualTo(REQUEST);
                    }

                    @Override
                    public void onError(Throwable t) {
                        end.completeExceptionally(t);
                    }

                    @Override
                    public void onCompleted() {
                        callOnAndOn(connection, left - 1, end);
                    }
                });
    }

    @Test
    void receiverThatAsksForNothingDelaysNoOtherCall() throws Exception {
        ClientCall<ConnectRequest, ConnectRequest> stream =
                connections.getFirst().newCall(FLOOD, CallOptions.DEFAULT);
        stream.start(new ClientCall.Listener<>() {}, new Metadata());
        stream.sendMessage(REQUEST);
        stream.halfClose();
        awaitHolding();

        assertCallsAreQuick();

        stream.cancel("enough", null);
    }

    @Test
    void handlerCallsItsOwnServer() {
        for (int i = 0; i < 300; i++) {
            ConnectRequest request = ConnectRequest.newBuilder().setQueueBytes(i).build();
            assertThat(call(connections.get(i % 2), NEST, request)).isEqualTo(request);
        }
    }

    @Test
    void sixteenCallersTakeTurnsToRead() throws Exception {
        callByMany(false, 16, 500);
    }

    @Test
    void virtualThreadsCallToo() throws Exception {
        callByMany(true, 64, 50);
    }

    private void callByMany(boolean virtual, int threads, int each) throws Exception {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            CompletableFuture<Void> one = new CompletableFuture<>();
            int id = t;
            done.add(one);
            Runnable work = () -> {
                try {
                    for (int i = 0; i < each; i++) {
                        ConnectRequest request =
                                ConnectRequest.newBuilder().setQueueBytes(id * each + i).build();
                        assertThat(call(connections.getFirst(), ECHO, request)).isEqualTo(request);
                    }
                    one.complete(null);
                } catch (Throwable e) {
                    one.completeExceptionally(e);
                }
            };
            if (virtual) {
                Thread.ofVirtual().start(work);
            } else {
                Thread.ofPlatform().daemon().start(work);
            }
        }
        for (CompletableFuture<Void> one : done) {
            one.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void interruptEndsASleepingCall() throws Exception {
        CompletableFuture<Status> end = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform().daemon().start(() -> end.complete(endOf(CallOptions.DEFAULT)));
        awaitHolding();
        awaitAsleep(caller);

        long interrupted = System.nanoTime();
        caller.interrupt();

        assertThat(end.get(5, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(System.nanoTime() - interrupted).isLessThan(500_000_000);
    }

    @Test
    void contextCancelledEndsASleepingCall() throws Exception {
        CompletableFuture<Status> end = new CompletableFuture<>();
        Context.CancellableContext context = Context.ROOT.withCancellation();
        Thread caller = Thread.ofPlatform().daemon().start(
                () -> context.run(() -> end.complete(endOf(CallOptions.DEFAULT))));
        awaitHolding();
        awaitAsleep(caller);

        long cancelled = System.nanoTime();
        context.cancel(null);

        assertThat(end.get(5, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(System.nanoTime() - cancelled).isLessThan(500_000_000);
    }

    @Test
    void deadlineEndsASleepingCallInTime() {
        long[] late = new long[5];
        for (int i = 0; i < late.length; i++) {
            long begun = System.nanoTime();
            Status status = endOf(CallOptions.DEFAULT.withDeadlineAfter(50, TimeUnit.MILLISECONDS));
            late[i] = System.nanoTime() - begun - 50_000_000;
            assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        }
        Arrays.sort(late);
        assertThat(late[late.length / 2]).as("median").isBetween(-1_000_000L, P95_NANOS);
    }

    private Status endOf(CallOptions options) {
        try {
            call(connections.getFirst(), HOLD, REQUEST, options);
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    /** The kernel says that the thread sleeps; in a futex by way of the JVM the state is RUNNABLE all the same. */
    private static void awaitAsleep(Thread caller) {
        long deadline = System.nanoTime() + 1_000_000_000;
        while (caller.isAlive() && System.nanoTime() - deadline < 0 && !isInCall(caller)) {
            Thread.onSpinWait();
        }
        assertThat(isInCall(caller)).isTrue();
    }

    private static boolean isInCall(Thread caller) {
        return Arrays.stream(caller.getStackTrace())
                .anyMatch(frame -> frame.getClassName().endsWith("Futex") || frame.getMethodName().equals("parkNanos"));
    }
}
