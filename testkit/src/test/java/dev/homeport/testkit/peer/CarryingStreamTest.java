package dev.homeport.testkit.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.Peer;
import dev.homeport.RoutePolicy;
import dev.homeport.carry.CarrierCounts;
import dev.homeport.idl.v1.CallbackCarrierGrpc;
import dev.homeport.idl.v1.Carried;
import dev.homeport.idl.v1.CarrierOpen;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The stream of gRPC that carries callbacks over TCP: when it is opened, what calls name it by, how it ends. */
@Timeout(30)
class CarryingStreamTest {
    private static final String CARRY = CallbackCarrierGrpc.getCarryMethod().getFullMethodName();
    private static final Metadata.Key<byte[]> TAG =
            Metadata.Key.of("homeport-callback-bin", Metadata.BINARY_BYTE_MARSHALLER);
    private static final Metadata.Key<String> PASS = Metadata.Key.of("pass", Metadata.ASCII_STRING_MARSHALLER);

    private final List<Server> servers = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();

    /** Answers each call with what its caller answers. */
    static final class Calling extends EchoService {
        @Override
        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
            try {
                reply.onNext(EchoGrpc.newBlockingStub(Peer.current().callbackChannel()).unary(request));
                reply.onCompleted();
            } catch (io.grpc.StatusRuntimeException e) {
                reply.onError(e);
            }
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        channels.forEach(ManagedChannel::shutdownNow);
        servers.forEach(Server::shutdownNow);
        for (ManagedChannel channel : channels) {
            assertThat(channel.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        for (Server server : servers) {
            assertThat(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    private Server start(HomeportServerBuilder builder) throws IOException {
        Server server = builder.policy(RoutePolicy.REMOTE).build().start();
        servers.add(server);
        return server;
    }

    private Server serve(Consumer<HomeportServerBuilder> settings) throws IOException {
        HomeportServerBuilder builder = HomeportServerBuilder.forPort(0).addService(new Calling());
        settings.accept(builder);
        return start(builder);
    }

    private ManagedChannel channel(int port, Consumer<HomeportChannelBuilder> settings) {
        HomeportChannelBuilder builder = HomeportChannelBuilder.forAddress("localhost", port)
                .usePlaintext()
                .policy(RoutePolicy.REMOTE)
                .addCallbackService(new EchoService());
        settings.accept(builder);
        return kept(builder.build());
    }

    private ManagedChannel kept(ManagedChannel channel) {
        channels.add(channel);
        return channel;
    }

    private static Status unary(ManagedChannel channel) {
        return CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 1)));
    }

    @Test
    void goesThroughTls(@TempDir Path directory) throws Exception {
        SelfSigned certificate = new SelfSigned(directory);
        Server server = start(HomeportServerBuilder.forPort(0, certificate.server()).addService(new Calling()));
        BlockingQueue<Peer> seen = new LinkedBlockingQueue<>();
        EchoService service = new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                seen.add(Peer.current());
                super.unary(request, reply);
            }
        };
        ManagedChannel channel = kept(HomeportChannelBuilder.forTarget(
                        "localhost:" + server.getPort(), certificate.client())
                .addCallbackService(service)
                .build());

        assertThat(unary(channel).isOk()).isTrue();

        Peer caller = Wait.take(seen);
        assertThat(caller.tlsSession()).isNotNull();
        assertThat(caller.isIdentified()).isFalse();
        assertThat(caller.isGone()).isFalse();
    }

    @Test
    void isOpenedOnceForAllCallsOfAChannel() throws IOException {
        Server server = serve(builder -> {});
        AtomicInteger streams = new AtomicInteger();
        GrpcRelay relay = new GrpcRelay(method -> {
            streams.addAndGet(method.equals(CARRY) ? 1 : 0);
            return server.getPort();
        });
        servers.add(relay.server);
        ManagedChannel channel = channel(relay.server.getPort(), builder -> {});

        for (int i = 0; i < 20; i++) {
            assertThat(unary(channel).isOk()).isTrue();
        }
        assertThat(streams).hasValue(1);
        relay.close();
    }

    @Test
    void proxyThatPassesEachCallOnByItselfIsNoHindrance() throws IOException {
        Server server = serve(builder -> {});
        try (GrpcRelay relay = new GrpcRelay(method -> server.getPort())) {
            ManagedChannel channel = channel(relay.server.getPort(), builder -> {});
            for (int i = 0; i < 20; i++) {
                assertThat(EchoGrpc.newBlockingStub(channel).unary(Payload.request(100_000, i)).getSequence())
                        .isEqualTo(i);
            }
            channel.shutdown();
            Wait.until("it ends in good order", channel::isTerminated);
        }
    }

    @Test
    void callThatCameToAnotherServerIsNotCalledBack() throws IOException {
        Server one = serve(builder -> {});
        Server other = serve(builder -> {});
        try (GrpcRelay balancer = new GrpcRelay(method -> (method.equals(CARRY) ? one : other).getPort())) {
            Status status = unary(channel(balancer.server.getPort(), builder -> {}));

            assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
            assertThat(status.getDescription()).contains("not at this server");
        }
    }

    @Test
    void madeUpNameLeadsNowhere() throws IOException {
        Server server = serve(builder -> {});
        unary(channel(server.getPort(), builder -> {}));
        ManagedChannel stranger = kept(HomeportChannelBuilder.forAddress("localhost", server.getPort())
                .usePlaintext()
                .policy(RoutePolicy.REMOTE)
                .build());
        for (int length : new int[] {0, 1, 16, 23, 24, 25, 4000}) {
            Metadata claim = new Metadata();
            claim.put(TAG, new byte[length]);

            Status status = CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(stranger)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(claim))
                    .unary(Payload.request(1, 1)));

            assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
            assertThat(status.getDescription()).contains("not at this server");
        }
    }

    @Test
    void handlersDoNotSeeTheName() throws IOException {
        BlockingQueue<Metadata> seen = new LinkedBlockingQueue<>();
        Server server = serve(builder -> builder.intercept(new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                seen.add(headers);
                return next.startCall(call, headers);
            }
        }));

        assertThat(unary(channel(server.getPort(), builder -> {})).isOk()).isTrue();

        assertThat(Wait.take(seen).keys()).doesNotContain(TAG.name());
        assertThat(seen).as("the stream itself passes interceptors by").isEmpty();
    }

    @Test
    void interceptorThatRefusesStrangersDoesNotRefuseTheStream() throws IOException {
        Server server = serve(builder -> builder.intercept(new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                if (headers.containsKey(PASS)) {
                    return next.startCall(call, headers);
                }
                call.close(Status.UNAUTHENTICATED, new Metadata());
                return new ServerCall.Listener<>() {};
            }
        }));
        Metadata pass = new Metadata();
        pass.put(PASS, "x");
        ManagedChannel channel = channel(server.getPort(), builder -> {});

        assertThat(unary(channel).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(EchoGrpc.newBlockingStub(channel)
                        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(pass))
                        .unary(Payload.request(1, 5))
                        .getSequence())
                .isEqualTo(5);
    }

    @Test
    void serverWithOneThreadIsNotStuck() throws IOException {
        try (ExecutorService one = Executors.newSingleThreadExecutor()) {
            Server server = serve(builder -> builder.executor(one));
            ManagedChannel channel = channel(server.getPort(), builder -> {});
            for (int i = 0; i < 20; i++) {
                assertThat(unary(channel).isOk()).isTrue();
            }
        }
    }

    @Test
    void streamEndsWithItsClientAlthoughTheServersExecutorIsGone() throws IOException {
        ExecutorService executor = Executors.newCachedThreadPool();
        BlockingQueue<Channel> kept = new LinkedBlockingQueue<>();
        Server server = start(HomeportServerBuilder.forPort(0).executor(executor).addService(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                kept.add(Peer.current().callbackChannel());
                super.unary(request, reply);
            }
        }));
        int before = CarrierCounts.open();
        ManagedChannel channel = channel(server.getPort(), builder -> {});
        assertThat(unary(channel).isOk()).isTrue();
        assertThat(CarrierCounts.open()).isEqualTo(before + 1);
        StreamRecorder<EchoRequest, EchoReply> open = new StreamRecorder<>();
        EchoGrpc.newStub(Wait.take(kept)).chat(open);

        executor.shutdownNow();
        channel.shutdownNow();

        assertThat(open.awaitEnd().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        Wait.until("it is counted no more", () -> CarrierCounts.open() == before);
    }

    @Test
    void clientOnItsEventLoopIsCalledBack() throws IOException {
        Server server = serve(HomeportServerBuilder::directExecutor);
        // A handler that waits on the event loop would stop the connection: so only the client is direct here.
        Server waiting = serve(builder -> {});
        assertThat(server.getPort()).isPositive();
        ManagedChannel channel = channel(waiting.getPort(), HomeportChannelBuilder::directExecutor);
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();
        EchoGrpc.newStub(channel).unary(Payload.request(1, 9), recorder);

        assertThat(recorder.awaitValue().getSequence()).isEqualTo(9);
    }

    @Test
    void serverOfPlainGrpcServesTheCallsAndIsAskedOnce() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        Server server = NettyServerBuilder.forPort(0, InsecureServerCredentials.create())
                .addService(new EchoService())
                .addStreamTracerFactory(new io.grpc.ServerStreamTracer.Factory() {
                    @Override
                    public io.grpc.ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                        asked.addAndGet(method.equals(CARRY) ? 1 : 0);
                        return new io.grpc.ServerStreamTracer() {};
                    }
                })
                .build()
                .start();
        servers.add(server);
        ManagedChannel channel = channel(server.getPort(), builder -> {});

        for (int i = 0; i < 5; i++) {
            assertThat(unary(channel).isOk()).isTrue();
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void serverThatNeverAnswersTheStreamDelaysTheFirstCallOnly() throws IOException {
        Server server = NettyServerBuilder.forPort(0, InsecureServerCredentials.create())
                .addService(new EchoService())
                .addService(new CallbackCarrierGrpc.CallbackCarrierImplBase() {
                    @Override
                    public StreamObserver<Carried> carry(StreamObserver<Carried> frames) {
                        return new StreamRecorder<>();
                    }
                })
                .build()
                .start();
        servers.add(server);
        ManagedChannel channel = channel(server.getPort(), builder -> {});
        assertThat(unary(channel).isOk()).isTrue();
        long begun = System.nanoTime();
        assertThat(unary(channel).isOk()).isTrue();

        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.MILLISECONDS.toNanos(900));
        channel.shutdown();
        Wait.until("the stream is given up", channel::isTerminated);
    }

    @Test
    void unreachableServerFailsCallsAtOnceAndPatientOnesWait() throws Exception {
        int port;
        try (java.net.ServerSocket free = new java.net.ServerSocket(0)) {
            port = free.getLocalPort();
        }
        ManagedChannel channel = channel(port, builder -> {});
        assertThat(unary(channel).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        var patient = EchoGrpc.newFutureStub(channel).withWaitForReady().unary(Payload.request(1, 3));
        assertThat(unary(channel).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(patient.isDone()).isFalse();

        start(HomeportServerBuilder.forPort(port).addService(new Calling()));
        channel.resetConnectBackoff();

        assertThat(Wait.get(patient).getSequence()).isEqualTo(3);
    }

    /** The call finds the channel connecting, which is no reason to wait for longer than that. */
    @Test
    void callThatJoinsAPatientOneFailsOnceTheServerCannotBeReached() throws Exception {
        CompletableFuture<Status> end = new CompletableFuture<>();
        ListenableFuture<EchoReply> patient;
        try (java.net.ServerSocket silent = new java.net.ServerSocket(0)) {
            ManagedChannel channel = channel(silent.getLocalPort(), builder -> {});
            patient = EchoGrpc.newFutureStub(channel).withWaitForReady().unary(Payload.request(1, 3));
            Wait.until("it connects", () -> channel.getState(false) == ConnectivityState.CONNECTING);
            Thread caller = Thread.ofPlatform().daemon().start(() -> end.complete(unary(channel)));
            Wait.until("the call waits", () -> caller.getState() == Thread.State.WAITING);
            silent.accept().close();
        }

        assertThat(end.get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(patient.isDone()).isFalse();
    }

    @Test
    void successorOfAServerCallsBackToo() throws Exception {
        Server first = serve(builder -> {});
        int port = first.getPort();
        ManagedChannel channel = channel(port, builder -> {});
        assertThat(unary(channel).isOk()).isTrue();
        first.shutdownNow();
        assertThat(first.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();

        start(HomeportServerBuilder.forPort(port).addService(new Calling()));

        Wait.until("it is called back", () -> unary(channel).isOk());
    }

    @Test
    void channelGoesIdleAndComesBack() throws IOException {
        Server server = serve(builder -> {});
        ManagedChannel channel = channel(server.getPort(), builder -> builder.idleTimeout(1, TimeUnit.SECONDS));
        assertThat(unary(channel).isOk()).isTrue();

        Wait.until("the channel is idle", () -> channel.getState(false) == ConnectivityState.IDLE);

        assertThat(unary(channel).isOk()).isTrue();
        channel.enterIdle();
        assertThat(unary(channel).isOk()).isTrue();
    }

    @Test
    void streamGoesWithAConnectionThatIsTooOld() throws IOException {
        AtomicInteger connections = new AtomicInteger();
        Server server = serve(builder -> builder
                .maxConnectionAge(300, TimeUnit.MILLISECONDS)
                .addTransportFilter(new io.grpc.ServerTransportFilter() {
                    @Override
                    public io.grpc.Attributes transportReady(io.grpc.Attributes attributes) {
                        connections.incrementAndGet();
                        return attributes;
                    }

                    @Override
                    public void transportTerminated(io.grpc.Attributes attributes) {
                        connections.decrementAndGet();
                    }
                }));
        ManagedChannel channel = channel(server.getPort(), builder -> {});
        AtomicInteger most = new AtomicInteger();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (System.nanoTime() < end) {
            assertThat(unary(channel).isOk()).isTrue();
            most.accumulateAndGet(connections.get(), Math::max);
        }

        // Seven ages have passed: old connections did not wait for their streams.
        assertThat(most.get()).isLessThanOrEqualTo(3);
    }

    @Test
    void liesEndTheStreamAndHarmNobody() throws IOException {
        Server server = serve(builder -> {});
        ManagedChannel honest = channel(server.getPort(), builder -> {});
        ManagedChannel liar = kept(io.grpc.netty.NettyChannelBuilder.forAddress("localhost", server.getPort())
                .usePlaintext()
                .build());
        CarrierOpen open = CarrierOpen.newBuilder()
                .setMinVersion(1)
                .setMaxVersion(1)
                .setMaxFrameBytes(16_000)
                .setWindowBytes(1_000_000)
                .setMaxMetadataBytes(8192)
                .build();
        List<List<Carried>> lies = List.of(
                List.of(Carried.getDefaultInstance()),
                List.of(frame(new byte[8])),
                List.of(opened(open.toBuilder().setMinVersion(2).setMaxVersion(9).build())),
                List.of(opened(open.toBuilder().setMaxFrameBytes(1).build())),
                List.of(opened(open.toBuilder().setWindowBytes(-1).build())),
                List.of(opened(open), opened(open)),
                List.of(opened(open), frame(new byte[0])),
                List.of(opened(open), frame(new byte[] {99, 0, 0, 0, 0, 0, 0, 0})),
                List.of(opened(open), frame(new byte[] {2, 0, 0, 0, 0, 0, 0, 0})),
                List.of(opened(open), frame(new byte[] {4, 8, 0, 0, 7, 0, 0, 0})),
                List.of(opened(open), frame(new byte[20_000])));

        for (List<Carried> lie : lies) {
            StreamRecorder<Carried, Carried> recorder = new StreamRecorder<>();
            StreamObserver<Carried> stream = CallbackCarrierGrpc.newStub(liar).carry(recorder);
            lie.forEach(stream::onNext);

            assertThat(recorder.awaitEnd().isOk()).as(lie.toString()).isFalse();
            assertThat(unary(honest).isOk()).isTrue();
        }
    }

    private static Carried opened(CarrierOpen open) {
        return Carried.newBuilder().setOpen(open).build();
    }

    private static Carried frame(byte[] bytes) {
        return Carried.newBuilder().setFrame(ByteString.copyFrom(bytes)).build();
    }
}
