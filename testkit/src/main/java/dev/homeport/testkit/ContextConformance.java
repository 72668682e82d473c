package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** {@link Context}: what handlers and listeners see, that it is put back, and on which thread they run. */
public abstract class ContextConformance extends Conformance {
    private static final Context.Key<String> KEY = Context.key("key");

    private final List<String> seen = new CopyOnWriteArrayList<>();

    private static ServerInterceptor attaching(String value) {
        return new ServerInterceptor() {
            @Override
            public <Q, P> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, P> call, Metadata headers, ServerCallHandler<Q, P> next) {
                return Contexts.interceptCall(Context.current().withValue(KEY, value), call, headers, next);
            }
        };
    }

    @Test
    void valueOfAServerInterceptorIsSeenByTheHandlerInEveryCallback() {
        serve(builder -> builder.intercept(attaching("attached")), new EchoService() {
            @Override
            public StreamObserver<EchoRequest> chat(StreamObserver<EchoReply> reply) {
                seen.add("start " + KEY.get());
                return new Seeing(super.chat(reply));
            }
        }.bindService());
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();

        StreamObserver<EchoRequest> requests = async().chat(recorder);
        requests.onNext(Payload.request(1, 1));
        requests.onCompleted();

        assertThat(recorder.awaitEnd().isOk()).isTrue();
        assertThat(seen).containsExactly("start attached", "message attached", "end attached");
    }

    private final class Seeing implements StreamObserver<EchoRequest> {
        private final StreamObserver<EchoRequest> next;

        Seeing(StreamObserver<EchoRequest> next) {
            this.next = next;
        }

        @Override
        public void onNext(EchoRequest value) {
            seen.add("message " + KEY.get());
            next.onNext(value);
        }

        @Override
        public void onError(Throwable cause) {
            next.onError(cause);
        }

        @Override
        public void onCompleted() {
            seen.add("end " + KEY.get());
            next.onCompleted();
        }
    }

    @Test
    void valueOfTheCallerIsNotSeenByTheHandler() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());

        Context.current()
                .withValue(KEY, "client's own")
                .run(() -> channel()
                        .newCall(ServerProbe.chat(), CallOptions.DEFAULT)
                        .start(new CallRecorder<>(), new Metadata()));

        assertThat(KEY.get(probe.awaitCall().context())).isNull();
    }

    @Test
    void valueOfTheCallerIsSeenByItsListener() {
        serveEcho();
        CompletableFuture<@Nullable String> value = new CompletableFuture<>();

        Context.current().withValue(KEY, "mine").run(() -> async().unary(Payload.request(1, 1), new StreamObserver<>() {
            @Override
            public void onNext(EchoReply reply) {
                value.complete(KEY.get());
            }

            @Override
            public void onError(Throwable cause) {
                value.completeExceptionally(cause);
            }

            @Override
            public void onCompleted() {
                // The value is known by now.
            }
        }));

        assertThat(Wait.get(value)).isEqualTo("mine");
    }

    @Test
    void contextOfTheCallerIsUntouchedByABlockingCall() {
        serve(builder -> builder.intercept(attaching("of a handler")), EchoService.definition());

        Context.current().withValue(KEY, "mine").run(() -> {
            blocking().unary(Payload.request(1, 1));
            assertThat(KEY.get()).isEqualTo("mine");
        });

        assertThat(KEY.get()).isNull();
    }

    @Test
    void contextThatAHandlerLeavesAttachedDoesNotReachTheNextCall() {
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                seen.add(String.valueOf(KEY.get()));
                Context.current().withValue(KEY, "left behind").attach();
                super.unary(request, reply);
            }
        });

        for (int i = 0; i < 20; i++) {
            blocking().unary(Payload.request(1, i));
        }

        assertThat(seen).hasSize(20).containsOnly("null");
    }

    @Test
    void interruptFlagThatAHandlerLeavesSetDoesNotReachTheNextCall() throws InterruptedException {
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                seen.add(String.valueOf(Thread.currentThread().isInterrupted()));
                super.unary(request, reply);
                Thread.currentThread().interrupt();
            }
        });

        for (int i = 0; i < 20; i++) {
            assertThat(blocking().unary(Payload.request(1, i)).getSequence()).isEqualTo(i);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
        assertThat(seen).hasSize(20).containsOnly("false");
    }

    @Test
    void handlerCannotSwapTheContextOfAnotherCall() throws InterruptedException {
        serve(builder -> builder.intercept(attaching("attached")), EchoService.definition());
        try (ExecutorService callers = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                String mine = "caller " + i;
                callers.execute(Context.current().withValue(KEY, mine).wrap(() -> {
                    for (int k = 0; k < 100; k++) {
                        blocking().unary(Payload.request(1, k));
                        seen.add(mine.equals(KEY.get()) ? "own" : "foreign");
                    }
                }));
            }
            callers.shutdown();
            assertThat(callers.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(seen).hasSize(400).containsOnly("own");
    }

    @Test
    void listenerRunsOnTheExecutorOfTheCall() {
        serveEcho();
        try (ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "of the call"))) {
            assertThat(Wait.get(listenerThread(channel(builder -> {}), CallOptions.DEFAULT.withExecutor(executor))))
                    .isEqualTo("of the call");
        }
    }

    @Test
    void listenerRunsOnTheExecutorOfTheChannel() {
        serveEcho();
        try (ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "of the channel"))) {
            assertThat(Wait.get(listenerThread(channel(builder -> builder.executor(executor)), CallOptions.DEFAULT)))
                    .isEqualTo("of the channel");
        }
    }

    @Test
    void listenerOnADirectExecutorHearsTheWholeCall() {
        serveEcho();

        assertThat(Wait.get(listenerThread(channel(builder -> builder.directExecutor()), CallOptions.DEFAULT)))
                .isNotBlank();
    }

    private static CompletableFuture<String> listenerThread(ManagedChannel channel, CallOptions options) {
        CompletableFuture<String> thread = new CompletableFuture<>();
        ClientCall<EchoRequest, EchoReply> call = channel.newCall(ServerProbe.unary(), options);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        thread.complete(status.isOk() ? Thread.currentThread().getName() : status.toString());
                    }
                },
                new Metadata());
        call.request(2);
        call.sendMessage(Payload.request(1, 1));
        call.halfClose();
        return thread;
    }
}
