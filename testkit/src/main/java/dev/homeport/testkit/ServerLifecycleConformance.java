package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.Nothing;
import io.grpc.Attributes;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A server's start and end, the threads its handlers run on, its registries and transport filters. */
public abstract class ServerLifecycleConformance extends Conformance {
    private final ServerProbe probe = new ServerProbe();
    private final CallRecorder<EchoReply> recorder = new CallRecorder<>();
    private final AtomicReference<String> handlerThread = new AtomicReference<>();

    private ServerProbe.Incoming openCall() {
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());
        call.request(1);
        return probe.awaitCall();
    }

    private BindableService threadTeller() {
        return new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                handlerThread.set(Thread.currentThread().getName());
                super.unary(request, reply);
            }
        };
    }

    @Test
    void gracefulShutdownLetsOpenCallsEnd() throws InterruptedException {
        Server server = serve(probe.service());
        ServerProbe.Incoming incoming = openCall();

        server.shutdown();

        assertThat(server.isShutdown()).isTrue();
        assertThat(server.isTerminated()).isFalse();
        assertThat(server.awaitTermination(10, TimeUnit.MILLISECONDS)).isFalse();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(1, 3));
        incoming.call().close(Status.OK, new Metadata());
        assertThat(recorder.awaitMessage().getSequence()).isEqualTo(3);
        assertThat(recorder.awaitStatus().isOk()).isTrue();
        assertThat(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void gracefulShutdownRefusesNewCalls() {
        Server server = serve(probe.service());
        ServerProbe.Incoming incoming = openCall();
        server.shutdown();

        Wait.until("new calls are refused", () -> codeOf(() -> EchoGrpc.newBlockingStub(channel(builder -> {}))
                        .withDeadlineAfter(1, TimeUnit.SECONDS)
                        .unary(Payload.request(1, 1)))
                == Status.Code.UNAVAILABLE);
        incoming.call().close(Status.OK, new Metadata());
    }

    @Test
    void shutdownNowCancelsOpenCalls() throws InterruptedException {
        Server server = serve(probe.service());
        ServerProbe.Incoming incoming = openCall();

        server.shutdownNow();

        assertThat(recorder.awaitStatus().getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        assertThat(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(server.isTerminated()).isTrue();
    }

    @Test
    void shutdownOfAnIdleServerTerminatesItWhileClientsStayConnected() throws InterruptedException {
        Server server = serveEcho();
        blocking().unary(Payload.request(1, 1));

        server.shutdown();

        assertThat(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void secondShutdownIsNoop() throws InterruptedException {
        Server server = serveEcho();

        server.shutdown().shutdown().shutdownNow().shutdownNow();

        assertThat(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void secondStartThrows() {
        Server server = serveEcho();

        assertThatThrownBy(server::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void secondServerAtTheSameAddressFailsAndTheFirstIsUndisturbed() {
        serveEcho();

        assertThatThrownBy(this::serveEcho).hasRootCauseInstanceOf(IOException.class);

        assertThat(blocking().unary(Payload.request(1, 1)).getSequence()).isEqualTo(1);
    }

    @Test
    void serverTellsItsPortAndSockets() {
        needs(Capability.SOCKET_ADDRESSES);
        Server server = serveEcho();

        assertThat(server.getPort()).isPositive();
        assertThat(server.getListenSockets()).isNotEmpty();
        assertThat(server.getListenSockets().getFirst()).isInstanceOfSatisfying(
                InetSocketAddress.class, address -> assertThat(address.getPort()).isEqualTo(server.getPort()));
    }

    @Test
    void serverTellsItsServices() {
        Server server = serveEcho();

        assertThat(server.getServices())
                .extracting(service -> service.getServiceDescriptor().getName())
                .containsExactly(EchoGrpc.SERVICE_NAME);
        assertThat(server.getImmutableServices()).hasSize(1);
        assertThat(server.getMutableServices()).isEmpty();
    }

    @Test
    void handlerRunsOnTheServersExecutor() {
        try (ExecutorService executor = Executors.newCachedThreadPool(task -> new Thread(task, "named-by-server"))) {
            serve(builder -> builder.executor(executor), threadTeller().bindService());

            blocking().unary(Payload.request(1, 1));

            assertThat(handlerThread.get()).isEqualTo("named-by-server");
        }
    }

    @Test
    void handlerWithDirectExecutorRuns() {
        serve(builder -> builder.directExecutor(), threadTeller().bindService());

        assertThat(blocking().unary(Payload.request(1, 1)).getSequence()).isEqualTo(1);
        assertThat(handlerThread.get()).doesNotContain("grpc-default-executor");
    }

    @Test
    void callExecutorDecidesPerCall() {
        try (ExecutorService chosen = Executors.newCachedThreadPool(task -> new Thread(task, "chosen"))) {
            serve(
                    builder -> builder.callExecutor(new ServerCallExecutorSupplier() {
                        @Override
                        public <Q, P> @Nullable Executor getExecutor(ServerCall<Q, P> call, Metadata metadata) {
                            return call.getMethodDescriptor()
                                            .getFullMethodName()
                                            .endsWith("Unary")
                                    ? chosen
                                    : null;
                        }
                    }),
                    threadTeller().bindService());

            blocking().unary(Payload.request(1, 1));
            blocking().empty(Nothing.getDefaultInstance());

            assertThat(handlerThread.get()).isEqualTo("chosen");
        }
    }

    @Test
    void rejectingExecutorDoesNotBreakTheServer() {
        CountDownLatch refused = new CountDownLatch(1);
        ExecutorService executor = Executors.newCachedThreadPool();
        serve(
                builder -> builder.executor(task -> {
                    if (refused.getCount() > 0) {
                        refused.countDown();
                    }
                    executor.execute(task);
                }),
                EchoService.definition());

        assertThat(blocking().unary(Payload.request(1, 1)).getSequence()).isEqualTo(1);
        Wait.on(refused);
        executor.shutdown();
    }

    @Test
    void fallbackRegistryServesWhatTheServerDoesNot() {
        ServerServiceDefinition fallback = EchoService.definition();
        serve(builder -> builder.fallbackHandlerRegistry(new HandlerRegistry() {
            @Override
            public @Nullable ServerMethodDefinition<?, ?> lookupMethod(String method, @Nullable String authority) {
                return method.endsWith("/Unary") ? fallback.getMethod(method) : null;
            }
        }));

        assertThat(blocking().unary(Payload.request(1, 4)).getSequence()).isEqualTo(4);
        assertThat(codeOf(() -> blocking().empty(Nothing.getDefaultInstance()))).isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @Test
    void transportFilterSeesEachConnectionComeAndGo() {
        CountDownLatch ready = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        Attributes.Key<String> mark = Attributes.Key.create("mark");
        serve(
                builder -> builder.addTransportFilter(new ServerTransportFilter() {
                    @Override
                    public Attributes transportReady(Attributes attributes) {
                        ready.countDown();
                        return attributes.toBuilder().set(mark, "filtered").build();
                    }

                    @Override
                    public void transportTerminated(Attributes attributes) {
                        gone.countDown();
                    }
                }),
                probe.service());

        ServerProbe.Incoming incoming = openCall();
        Wait.on(ready);
        assertThat(incoming.call().getAttributes().get(mark)).isEqualTo("filtered");
        incoming.call().close(Status.OK, new Metadata());
        channel().shutdownNow();

        Wait.on(gone);
    }

    @Test
    void serverThatWasNeverStartedCannotBeCalled() {
        assertThat(codeOf(() -> blocking().unary(Payload.request(1, 1)))).isEqualTo(Status.Code.UNAVAILABLE);
    }
}
