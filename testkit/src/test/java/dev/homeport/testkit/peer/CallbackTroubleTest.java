package dev.homeport.testkit.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.RoutePolicy;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.AbsentGrpc;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.Nothing;
import dev.homeport.testkit.proto.UploadReply;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of callbacks when the client does not do what it should, on both routes. */
@Timeout(30)
@Tag("lpc")
@ParameterizedClass
@EnumSource(value = RoutePolicy.class, names = {"LOCAL", "REMOTE"})
class CallbackTroubleTest {
    /** Callbacks that a client runs at once. */
    private static final int MAX_OPEN_CALLBACKS = 256;
    private static final int SMALL_LIMIT_BYTES = 100_000;

    private final CallbackFixture fixture;
    private final CountDownLatch release = new CountDownLatch(1);

    CallbackTroubleTest(RoutePolicy route) {
        fixture = new CallbackFixture(route, builder -> builder.maxInboundMessageSize(SMALL_LIMIT_BYTES));
    }

    @AfterEach
    void close() {
        release.countDown();
        fixture.close();
    }

    /** A client's service whose unary method does not answer before the test says so. */
    private final class Blocking extends EchoService {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch cancelled = new CountDownLatch(1);
        final AtomicInteger running = new AtomicInteger();

        @Override
        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
            running.incrementAndGet();
            Context.current().addListener(context -> cancelled.countDown(), Runnable::run);
            entered.countDown();
            Wait.on(release);
            super.unary(request, reply);
        }
    }

    private Status unary(ManagedChannel channel) {
        return CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 1)));
    }

    /** Makes a call and returns the way back that its handler got. */
    private Channel keptWayBack(ManagedChannel channel) {
        CompletableFuture<Channel> kept = new CompletableFuture<>();
        fixture.handler = (request, caller) -> {
            kept.complete(caller);
            return EchoService.replyTo(request);
        };
        assertThat(unary(channel).isOk()).isTrue();
        return Wait.get(kept);
    }

    private void assertStillCalledBack(ManagedChannel channel) {
        fixture.handler = (request, caller) -> EchoGrpc.newBlockingStub(caller).unary(request);
        assertThat(unary(channel).isOk()).isTrue();
    }

    @Test
    void serviceThatTheClientHasNotIsUnimplemented() {
        fixture.handler = (request, caller) -> {
            AbsentGrpc.newBlockingStub(caller).missing(Nothing.getDefaultInstance());
            return EchoService.replyTo(request);
        };
        ManagedChannel channel = fixture.client(new EchoService());

        Status status = unary(channel);

        assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(status.getDescription()).contains("Missing");
    }

    @Test
    void callbackThatBlocksForEverEndsAtItsDeadline() {
        Blocking service = new Blocking();
        CompletableFuture<Status> seen = new CompletableFuture<>();
        fixture.handler = (request, caller) -> {
            seen.complete(CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(caller)
                    .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                    .unary(request)));
            return EchoService.replyTo(request);
        };
        ManagedChannel channel = fixture.client(service);
        var reply = EchoGrpc.newFutureStub(channel).unary(Payload.request(1, 1));

        assertThat(Wait.get(seen).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(Wait.get(reply).getSequence()).isEqualTo(1);
        Wait.on(service.cancelled);
        release.countDown();
        assertStillCalledBack(channel);
    }

    @Test
    void callerThatBlocksInItsOwnCallbackHoldsUpNobodyElse() throws InterruptedException {
        Blocking service = new Blocking();
        ManagedChannel channel = fixture.client(service);
        Thread stuck = Thread.ofPlatform().start(() -> unary(channel));
        Wait.on(service.entered);

        assertThat(EchoGrpc.newBlockingStub(channel).empty(Nothing.getDefaultInstance())).isNotNull();

        release.countDown();
        assertThat(stuck.join(java.time.Duration.ofSeconds(Wait.LIMIT_SECONDS))).isTrue();
    }

    @Test
    void callbackThatThrowsIsUnknownToTheServer() {
        ManagedChannel channel = fixture.client(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                throw new IllegalStateException("secret of the client");
            }
        });

        Status status = unary(channel);

        assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
        assertThat(status.getDescription()).doesNotContain("secret");
    }

    @Test
    void answerLargerThanTheServersLimitIsRefused() {
        ManagedChannel channel = fixture.client(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                reply.onNext(Payload.reply(SMALL_LIMIT_BYTES + 1, 1));
                reply.onCompleted();
            }
        });

        assertThat(unary(channel).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(unary(channel).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void twoAnswersToOneCallbackAreAnError() {
        ManagedChannel channel = fixture.client(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                reply.onNext(Payload.reply(1, 1));
                reply.onNext(Payload.reply(1, 2));
                reply.onCompleted();
            }
        });

        assertThat(unary(channel).getCode()).isIn(Status.Code.INTERNAL, Status.Code.UNKNOWN, Status.Code.CANCELLED);
    }

    @Test
    void clientThatHasShutDownIsUnavailable() throws InterruptedException {
        ManagedChannel channel = fixture.client(new EchoService());
        Channel back = keptWayBack(channel);
        channel.shutdown();
        assertThat(channel.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();

        Wait.until("the server knows", () -> CallbackFixture.statusOf(
                        () -> EchoGrpc.newBlockingStub(back).unary(Payload.request(1, 1)))
                .getCode() == Status.Code.UNAVAILABLE);
    }

    @Test
    void clientThatEndsWhileItIsAskedIsUnavailable() {
        Blocking service = new Blocking();
        CompletableFuture<Status> seen = new CompletableFuture<>();
        fixture.handler = (request, caller) -> {
            seen.complete(CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(caller).unary(request)));
            return EchoService.replyTo(request);
        };
        ManagedChannel channel = fixture.client(service);
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();
        EchoGrpc.newStub(channel).unary(Payload.request(1, 1), recorder);
        Wait.on(service.entered);

        channel.shutdownNow();

        // Its call is cancelled with the channel, and in the handler's Context the callback with it.
        assertThat(Wait.get(seen).getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
        Wait.on(service.cancelled);
    }

    @Test
    void serverThatEndsWhileItIsServedCancelsTheCallback() {
        Blocking service = new Blocking();
        ManagedChannel channel = fixture.client(service);
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();
        EchoGrpc.newStub(channel).unary(Payload.request(1, 1), recorder);
        Wait.on(service.entered);

        fixture.routes.server.shutdownNow();

        Wait.on(service.cancelled);
        assertThat(recorder.awaitEnd().getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
        assertThat(recorder.ends()).hasSize(1);
    }

    @Test
    void floodOfCallbacksIsBoundedAndTheClientGoesOn() {
        Blocking service = new Blocking();
        ManagedChannel channel = fixture.client(service);
        Channel back = keptWayBack(channel);
        List<StreamRecorder<EchoRequest, EchoReply>> flood = new ArrayList<>();
        for (int i = 0; i < 4 * MAX_OPEN_CALLBACKS; i++) {
            StreamRecorder<EchoRequest, EchoReply> one = new StreamRecorder<>();
            EchoGrpc.newStub(back).unary(Payload.request(1, i), one);
            flood.add(one);
        }
        List<StreamRecorder<EchoRequest, EchoReply>> refused = flood.subList(MAX_OPEN_CALLBACKS, flood.size());
        assertThat(refused).allSatisfy(one -> {
            assertThat(one.awaitEnd().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(one.awaitEnd().getDescription()).contains("max=" + MAX_OPEN_CALLBACKS);
        });
        assertThat(service.running).hasValueLessThanOrEqualTo(MAX_OPEN_CALLBACKS);
        assertThat(EchoGrpc.newBlockingStub(channel).empty(Nothing.getDefaultInstance())).isNotNull();

        release.countDown();

        assertThat(flood.subList(0, MAX_OPEN_CALLBACKS))
                .allSatisfy(one -> assertThat(one.awaitEnd().isOk()).isTrue());
        assertStillCalledBack(channel);
    }

    @Test
    void streamToASlowClientStopsBeingReady() {
        AtomicInteger taken = new AtomicInteger();
        ManagedChannel channel = fixture.client(new EchoService() {
            @Override
            public StreamObserver<EchoRequest> upload(StreamObserver<UploadReply> reply) {
                // Asks for nothing.
                ((ServerCallStreamObserver<UploadReply>) reply).disableAutoRequest();
                return new StreamObserver<>() {
                    @Override
                    public void onNext(EchoRequest part) {
                        taken.incrementAndGet();
                    }

                    @Override
                    public void onError(Throwable cause) {}

                    @Override
                    public void onCompleted() {}
                };
            }
        });
        Channel back = keptWayBack(channel);
        CompletableFuture<ClientCallStreamObserver<EchoRequest>> requests = new CompletableFuture<>();
        AtomicInteger sent = new AtomicInteger();
        EchoGrpc.newStub(back).upload(new ClientResponseObserver<EchoRequest, UploadReply>() {
            @Override
            public void beforeStart(ClientCallStreamObserver<EchoRequest> stream) {
                stream.setOnReadyHandler(() -> {
                    while (stream.isReady() && sent.get() < 10_000) {
                        stream.onNext(Payload.request(10_000, sent.getAndIncrement()));
                    }
                });
                requests.complete(stream);
            }

            @Override
            public void onNext(UploadReply value) {}

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onCompleted() {}
        });

        Wait.until("the stream is full", () -> sent.get() > 50 && !Wait.get(requests).isReady());
        // A window of 1 MiB, and what the call keeps before it is not ready.
        assertThat(sent.get()).isLessThan(200);
        assertThat(taken).hasValue(0);
        Wait.get(requests).cancel("enough", null);
        assertStillCalledBack(channel);
    }

    @Test
    void madeUpNameOfAStreamInMetadataChangesNothing() {
        Metadata claims = new Metadata();
        claims.put(Metadata.Key.of("homeport-callback-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[24]);
        ManagedChannel without = fixture.client(null);
        ManagedChannel with = fixture.client(new EchoService());

        Status status = CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(without)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(claims))
                .unary(Payload.request(1, 1)));
        assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);

        assertThat(EchoGrpc.newBlockingStub(with)
                        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(claims))
                        .unary(Payload.request(1, 7))
                        .getSequence())
                .isEqualTo(7);
    }
}
