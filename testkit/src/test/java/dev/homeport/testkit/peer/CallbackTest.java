package dev.homeport.testkit.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.CallbackServices;
import dev.homeport.RoutePolicy;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.UploadReply;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A server calls its caller back: with every stub and shape, in a call and after it, there and back. */
@Timeout(30)
@Tag("lpc")
@ParameterizedClass
@EnumSource(value = RoutePolicy.class, names = {"LOCAL", "REMOTE"})
class CallbackTest {
    private static final Metadata.Key<String> COLOUR = Metadata.Key.of("colour", Metadata.ASCII_STRING_MARSHALLER);

    private final CallbackFixture fixture;
    private final BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();

    CallbackTest(RoutePolicy route) {
        fixture = new CallbackFixture(route);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    /** A client's service that tells on which thread it ran. */
    private EchoService serving() {
        return new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                threads.add(Thread.currentThread());
                super.unary(request, reply);
            }
        };
    }

    private EchoGrpc.EchoBlockingStub caller() {
        return EchoGrpc.newBlockingStub(fixture.client(serving()));
    }

    @Test
    void callbackInACallIsAnswered() {
        EchoGrpc.EchoBlockingStub stub = caller();

        for (int i = 0; i < 200; i++) {
            assertThat(stub.unary(Payload.request(i, i)).getSequence()).isEqualTo(i);
        }
        assertThat(threads).hasSize(200);
    }

    @Test
    void callerThatWaitsRunsItsOwnCallbacks() {
        EchoGrpc.EchoBlockingStub stub = caller();
        stub.unary(Payload.request(1, 0));
        threads.clear();
        for (int i = 0; i < 100; i++) {
            stub.unary(Payload.request(1, i));
        }

        long own = threads.stream().filter(thread -> thread == Thread.currentThread()).count();
        // A callback that comes before its caller has begun to wait runs elsewhere; that is seldom.
        assertThat(own).isGreaterThan(50);
    }

    @Test
    void callerOnAVirtualThreadIsCalledBack() throws InterruptedException {
        EchoGrpc.EchoBlockingStub stub = caller();
        AtomicReference<EchoReply> last = new AtomicReference<>();
        Thread virtual = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < 100; i++) {
                last.set(stub.unary(Payload.request(10, i)));
            }
        });

        assertThat(virtual.join(java.time.Duration.ofSeconds(Wait.LIMIT_SECONDS))).isTrue();
        assertThat(last.get().getSequence()).isEqualTo(99);
    }

    @Test
    void callersOfOtherStubsAreCalledBack() {
        ManagedChannel channel = fixture.client(serving());
        assertThat(Wait.get(EchoGrpc.newFutureStub(channel).unary(Payload.request(5, 7))).getSequence()).isEqualTo(7);
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();
        EchoGrpc.newStub(channel).unary(Payload.request(5, 8), recorder);
        assertThat(recorder.awaitValue().getSequence()).isEqualTo(8);
    }

    @Test
    void callbackMayBeOfAnyStubAndShape() {
        fixture.handler = (request, caller) -> {
            assertThat(Wait.get(EchoGrpc.newFutureStub(caller).unary(request)).getSequence()).isEqualTo(3);
            Iterator<EchoReply> download = EchoGrpc.newBlockingStub(caller)
                    .download(DownloadRequest.newBuilder().setCount(300).setBytes(1000).build());
            int downloaded = 0;
            while (download.hasNext()) {
                assertThat(Payload.isIntact(download.next())).isTrue();
                downloaded++;
            }
            assertThat(downloaded).isEqualTo(300);
            assertThat(upload(caller).getDamaged()).isZero();
            BlockingClientCall<EchoRequest, EchoReply> chat = EchoGrpc.newBlockingV2Stub(caller).chat();
            for (int i = 0; i < 50; i++) {
                chat.write(Payload.request(100, i));
                assertThat(chat.read().getSequence()).isEqualTo(i);
            }
            chat.halfClose();
            assertThat(chat.read()).isNull();
            return EchoService.replyTo(request);
        };

        assertThat(caller().unary(Payload.request(1, 3)).getSequence()).isEqualTo(3);
    }

    private static UploadReply upload(Channel caller) {
        StreamRecorder<EchoRequest, UploadReply> recorder = new StreamRecorder<>();
        StreamObserver<EchoRequest> requests = EchoGrpc.newStub(caller).upload(recorder);
        for (int i = 0; i < 500; i++) {
            requests.onNext(Payload.request(2000, i));
        }
        requests.onCompleted();
        UploadReply reply = recorder.awaitValue();
        assertThat(reply.getCount()).isEqualTo(500);
        return reply;
    }

    @Test
    void largeMessagesTravelBothWays() {
        EchoReply reply = caller().unary(Payload.request(3_000_000, 5));

        assertThat(Payload.isIntact(reply)).isTrue();
        assertThat(reply.getPayload().size()).isEqualTo(3_000_000);
    }

    @Test
    void callerIsCalledBackAfterTheCall() {
        CompletableFuture<Channel> kept = new CompletableFuture<>();
        fixture.handler = (request, caller) -> {
            kept.complete(caller);
            return EchoService.replyTo(request);
        };
        caller().unary(Payload.request(1, 1));

        EchoGrpc.EchoBlockingStub back = EchoGrpc.newBlockingStub(Wait.get(kept));
        for (int i = 0; i < 100; i++) {
            assertThat(back.unary(Payload.request(20, i)).getSequence()).isEqualTo(i);
        }
        assertThat(threads).hasSize(100).doesNotContain(Thread.currentThread());
    }

    /** It may hold the user's locks: it runs what is called back in its own call, and nothing else. */
    @Test
    void callerThatWaitsRunsNoCallbackOfAnother() throws Exception {
        EchoGrpc.EchoBlockingStub stub = caller();
        // A channel's first call waits for its set-up in another way.
        stub.unary(Payload.request(1, 0));
        threads.clear();
        CompletableFuture<Channel> kept = new CompletableFuture<>();
        CountDownLatch letGo = new CountDownLatch(1);
        fixture.handler = (request, caller) -> {
            kept.complete(caller);
            letGo.await(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            return EchoService.replyTo(request);
        };
        CompletableFuture<EchoReply> reply = new CompletableFuture<>();
        Thread waiting = Thread.ofPlatform().daemon().start(() -> reply.complete(stub.unary(Payload.request(1, 1))));
        EchoGrpc.EchoBlockingStub back = EchoGrpc.newBlockingStub(Wait.get(kept));

        for (int i = 0; i < 100; i++) {
            assertThat(back.unary(Payload.request(20, i)).getSequence()).isEqualTo(i);
        }

        assertThat(threads).hasSize(100).doesNotContain(waiting);
        letGo.countDown();
        assertThat(Wait.get(reply).getSequence()).isEqualTo(1);
    }

    @Test
    void eachCallerGetsItsOwnCallbacks() {
        EchoGrpc.EchoBlockingStub[] stubs = new EchoGrpc.EchoBlockingStub[3];
        for (int i = 0; i < stubs.length; i++) {
            int mine = i;
            stubs[i] = EchoGrpc.newBlockingStub(fixture.client(new EchoService() {
                @Override
                public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                    super.unary(request.toBuilder().setSequence(1000 + mine).build(), reply);
                }
            }));
        }

        for (int i = 0; i < 30; i++) {
            assertThat(stubs[i % 3].unary(Payload.request(1, 1)).getSequence()).isEqualTo(1000 + i % 3);
        }
    }

    @Test
    void metadataOfACallbackArrives() {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        fixture.handler = (request, caller) -> {
            Metadata headers = new Metadata();
            headers.put(COLOUR, "green");
            return EchoGrpc.newBlockingStub(caller)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                    .unary(request);
        };
        ManagedChannel channel = fixture.routes.channel(fixture.route, builder -> builder.addCallbackService(
                ServerInterceptors.intercept(new EchoService(), new io.grpc.ServerInterceptor() {
                    @Override
                    public <Q, R> io.grpc.ServerCall.Listener<Q> interceptCall(
                            io.grpc.ServerCall<Q, R> call, Metadata headers, io.grpc.ServerCallHandler<Q, R> next) {
                        seen.add(headers.get(COLOUR));
                        return next.startCall(call, headers);
                    }
                })));

        EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 1));

        assertThat(seen).containsExactly("green");
    }

    @Test
    void callersServiceKnowsItsServer() {
        BlockingQueue<dev.homeport.Peer> seen = new LinkedBlockingQueue<>();
        ManagedChannel channel = fixture.client(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                seen.add(dev.homeport.Peer.current());
                super.unary(request, reply);
            }
        });

        EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 1));

        assertThat(Wait.take(seen).isIdentified()).isEqualTo(fixture.route == RoutePolicy.LOCAL);
    }

    @Test
    void interceptorBringsServicesThroughABuilderOfGrpc() {
        String way = fixture.route == RoutePolicy.LOCAL ? "local" : "remote";
        System.setProperty("homeport.route", way);
        ManagedChannel channel;
        try {
            channel = Grpc.newChannelBuilder(
                            "localhost:" + fixture.routes.server.getPort(), InsecureChannelCredentials.create())
                    .intercept(CallbackServices.of(serving()))
                    .build();
        } finally {
            System.clearProperty("homeport.route");
        }
        try {
            assertThat(EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 9)).getSequence()).isEqualTo(9);
            assertThat(threads).hasSize(1);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void channelThatShutsDownServesCallbacksOfItsLastCall() throws InterruptedException {
        ManagedChannel channel = fixture.client(serving());
        fixture.handler = (request, caller) -> {
            channel.shutdown();
            Thread.sleep(50);
            return EchoGrpc.newBlockingStub(caller).unary(request);
        };

        assertThat(EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 4)).getSequence()).isEqualTo(4);
        assertThat(channel.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void serverThatShutsDownCallsBackInItsLastCall() throws InterruptedException {
        fixture.handler = (request, caller) -> {
            fixture.routes.server.shutdown();
            Thread.sleep(50);
            return EchoGrpc.newBlockingStub(caller).unary(request);
        };

        assertThat(caller().unary(Payload.request(1, 4)).getSequence()).isEqualTo(4);
        assertThat(fixture.routes.server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS))
                .isTrue();
    }

    @Test
    void callersWithoutServicesAreNotCalledBack() {
        Status status = CallbackFixture.statusOf(
                () -> EchoGrpc.newBlockingStub(fixture.client(null)).unary(Payload.request(1, 1)));

        assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(status.getDescription()).contains("serves no callbacks");
    }
}
