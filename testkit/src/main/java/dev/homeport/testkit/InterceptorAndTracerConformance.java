package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Interceptors and stream tracers on both sides: that they are asked, in which order, and what they hear. */
public abstract class InterceptorAndTracerConformance extends Conformance {
    private static final Metadata.Key<String> MARK = Metadata.Key.of("mark", Metadata.ASCII_STRING_MARSHALLER);

    private final List<String> events = new CopyOnWriteArrayList<>();

    private ClientInterceptor client(String name) {
        return new ClientInterceptor() {
            @Override
            public <Q, P> ClientCall<Q, P> interceptCall(
                    MethodDescriptor<Q, P> method, CallOptions options, Channel next) {
                events.add(name);
                return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                    @Override
                    public void start(Listener<P> listener, Metadata headers) {
                        headers.put(MARK, name);
                        super.start(listener, headers);
                    }
                };
            }
        };
    }

    private ServerInterceptor server(String name) {
        return new ServerInterceptor() {
            @Override
            public <Q, P> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, P> call, Metadata headers, ServerCallHandler<Q, P> next) {
                events.add(name);
                return next.startCall(call, headers);
            }
        };
    }

    @Test
    void lastClientInterceptorOfABuilderIsAskedFirst() {
        serveEcho();
        EchoGrpc.EchoBlockingStub stub =
                EchoGrpc.newBlockingStub(channel(builder -> builder.intercept(client("first"), client("last"))));

        stub.unary(Payload.request(1, 1));

        assertThat(events).containsExactly("last", "first");
    }

    @Test
    void interceptorOfTheStubIsAskedBeforeThatOfTheChannel() {
        serveEcho();
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(
                        channel(builder -> builder.intercept(List.of(client("channel")))))
                .withInterceptors(client("stub"));

        stub.unary(Payload.request(1, 1));

        assertThat(events).containsExactly("stub", "channel");
    }

    @Test
    void headersOfClientInterceptorsArrive() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        channel(builder -> builder.intercept(client("a"), client("b")))
                .newCall(ServerProbe.chat(), CallOptions.DEFAULT)
                .start(new CallRecorder<>(), new Metadata());

        assertThat(probe.awaitCall().headers().getAll(MARK)).containsExactly("b", "a");
    }

    @Test
    void lastServerInterceptorOfABuilderIsAskedFirstAndThoseOfTheServiceAfter() {
        serve(
                builder -> builder.intercept(server("first")).intercept(server("last")),
                ServerInterceptors.intercept(new EchoService(), server("service")));

        blocking().unary(Payload.request(1, 1));

        assertThat(events).containsExactly("last", "first", "service");
    }

    @Test
    void serverInterceptorMayRefuseTheCall() {
        ServerInterceptor guard = new ServerInterceptor() {
            @Override
            public <Q, P> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, P> call, Metadata headers, ServerCallHandler<Q, P> next) {
                call.close(Status.UNAUTHENTICATED.withDescription("guard"), new Metadata());
                return new ServerCall.Listener<>() {};
            }
        };
        serve(builder -> builder.intercept(guard), EchoService.definition());

        Status status = statusOf(() -> blocking().unary(Payload.request(1, 1)));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(status.getDescription()).isEqualTo("guard");
    }

    @Test
    void serverInterceptorThatThrowsMakesTheCallUnknown() {
        ServerInterceptor broken = new ServerInterceptor() {
            @Override
            public <Q, P> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, P> call, Metadata headers, ServerCallHandler<Q, P> next) {
                throw new IllegalStateException("interceptor broke");
            }
        };
        serve(builder -> builder.intercept(broken), EchoService.definition());

        assertThat(codeOf(() -> blocking().unary(Payload.request(1, 1)))).isEqualTo(Status.Code.UNKNOWN);
    }

    @Test
    void serverListenerHearsTheCallInOrder() {
        ServerInterceptor listening = new ServerInterceptor() {
            @Override
            public <Q, P> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, P> call, Metadata headers, ServerCallHandler<Q, P> next) {
                return new Hearing<>(next.startCall(call, headers));
            }
        };
        serve(builder -> builder.intercept(listening), EchoService.definition());

        blocking().unary(Payload.request(1, 1));

        Wait.until("the call completes", () -> events.contains("complete"));
        assertThat(events).containsExactly("message", "half-close", "complete");
    }

    private final class Hearing<Q> extends SimpleForwardingServerCallListener<Q> {
        Hearing(ServerCall.Listener<Q> next) {
            super(next);
        }

        @Override
        public void onMessage(Q message) {
            events.add("message");
            super.onMessage(message);
        }

        @Override
        public void onHalfClose() {
            events.add("half-close");
            super.onHalfClose();
        }

        @Override
        public void onComplete() {
            events.add("complete");
            super.onComplete();
        }
    }

    @Test
    void interceptorMayStartTheCallOnAnotherThread() {
        serveEcho();
        try (ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            ClientInterceptor moving = new ClientInterceptor() {
                @Override
                public <Q, P> ClientCall<Q, P> interceptCall(
                        MethodDescriptor<Q, P> method, CallOptions options, Channel next) {
                    return new MovedCall<>(next.newCall(method, options), elsewhere);
                }
            };
            EchoGrpc.EchoBlockingStub stub = blocking().withInterceptors(moving);

            for (int i = 0; i < 50; i++) {
                assertThat(stub.unary(Payload.request(300, i))).isEqualTo(Payload.reply(300, i));
            }
        }
    }

    @Test
    void clientTracerHearsTheCallInOrder() {
        serveEcho();
        RecordingClientTracer tracer = new RecordingClientTracer();

        blocking().withInterceptors(tracer.interceptor()).unary(Payload.request(500, 1));

        assertThat(tracer.awaitEnd().isOk()).isTrue();
        assertThat(tracer.events())
                .containsSubsequence("created", "outbound message 0", "outbound sent 0", "closed");
        assertThat(tracer.events()).containsSubsequence("inbound headers", "inbound message 0", "inbound read 0");
        assertThat(tracer.events()).containsOnlyOnce("outbound message 0", "inbound message 0", "closed");
    }

    @Test
    void clientTracerIsToldSizes() {
        needs(Capability.MESSAGE_SIZES);
        serveEcho();
        RecordingClientTracer tracer = new RecordingClientTracer();
        EchoRequest request = Payload.request(500, 1);

        blocking().withInterceptors(tracer.interceptor()).unary(request);

        tracer.awaitEnd();
        assertThat(tracer.outboundBytes()).isEqualTo(request.getSerializedSize());
        assertThat(tracer.inboundBytes())
                .isEqualTo(EchoService.replyTo(request).getSerializedSize());
    }

    @Test
    void clientTracerHearsTheStatusOfAFailedCall() {
        serveEcho();
        RecordingClientTracer tracer = new RecordingClientTracer();
        EchoRequest.Builder request = Payload.request(1, 1).toBuilder();
        request.getOutcomeBuilder().setCode(Status.Code.ABORTED.value());

        statusOf(() -> blocking().withInterceptors(tracer.interceptor()).unary(request.build()));

        assertThat(tracer.awaitEnd().getCode()).isEqualTo(Status.Code.ABORTED);
    }

    @Test
    void clientTracerHearsEachMessageOfAStream() {
        serveEcho();
        RecordingClientTracer tracer = new RecordingClientTracer();
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();

        var requests = async().withInterceptors(tracer.interceptor()).chat(recorder);
        for (int i = 0; i < 3; i++) {
            requests.onNext(Payload.request(1, i));
        }
        requests.onCompleted();

        assertThat(tracer.awaitEnd().isOk()).isTrue();
        assertThat(tracer.events()).containsSubsequence("outbound message 0", "outbound message 1", "outbound message 2");
        assertThat(tracer.events()).containsSubsequence("inbound message 0", "inbound message 1", "inbound message 2");
    }

    @Test
    void serverTracerHearsTheCallInOrder() {
        RecordingServerTracer tracer = new RecordingServerTracer();
        serve(builder -> builder.addStreamTracerFactory(tracer.factory()), EchoService.definition());

        blocking().unary(Payload.request(500, 1));

        assertThat(tracer.awaitEnd().isOk()).isTrue();
        assertThat(tracer.events())
                .containsSubsequence(
                        "created homeport.testkit.Echo/Unary",
                        "call started homeport.testkit.Echo/Unary",
                        "outbound message 0",
                        "closed");
        assertThat(tracer.events()).containsSubsequence("inbound message 0", "inbound read 0", "closed");
    }

    @Test
    void serverTracerHearsTheStatusOfAFailedCall() {
        RecordingServerTracer tracer = new RecordingServerTracer();
        serve(builder -> builder.addStreamTracerFactory(tracer.factory()), EchoService.definition());
        EchoRequest.Builder request = Payload.request(1, 1).toBuilder();
        request.getOutcomeBuilder().setCode(Status.Code.ABORTED.value());

        statusOf(() -> blocking().unary(request.build()));

        assertThat(tracer.awaitEnd().getCode()).isEqualTo(Status.Code.ABORTED);
    }

    @Test
    void contextOfAServerTracerIsSeenByTheHandler() {
        RecordingServerTracer tracer = new RecordingServerTracer();
        ServerProbe probe = new ServerProbe();
        serve(builder -> builder.addStreamTracerFactory(tracer.factory()), probe.service());
        channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT).start(new CallRecorder<>(), new Metadata());

        assertThat(RecordingServerTracer.KEY.get(probe.awaitCall().context())).isEqualTo("from the tracer");
    }
}
