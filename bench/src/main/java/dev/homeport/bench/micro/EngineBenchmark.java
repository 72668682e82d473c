package dev.homeport.bench.micro;

import com.google.protobuf.ByteString;
import dev.homeport.bench.proto.Body;
import dev.homeport.bench.proto.EchoGrpc;
import dev.homeport.bench.rival.EchoService;
import dev.homeport.call.CallLimits;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.Dispatch;
import dev.homeport.call.MethodLookup;
import dev.homeport.call.ServerSettings;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A blocking unary call of 32 B through everything but the transport, both halves in this thread; and the share of
 * grpc's own stub in it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class EngineBenchmark {
    private static final int PAYLOAD_BYTES = 32;
    private static final int MAX_MEMORY_BYTES = 1 << 20;
    private static final long TIMEOUT_NANOS = 5_000_000_000L;
    private static final Setup PEER = new Setup("other", "", "", 8192, MAX_MEMORY_BYTES, true, TIMEOUT_NANOS);

    private final ByteString payload = ByteString.copyFrom(new byte[PAYLOAD_BYTES]);
    private final EchoGrpc.EchoBlockingStub engine = EchoGrpc.newBlockingStub(joined());
    private final EchoGrpc.EchoBlockingStub nothing =
            EchoGrpc.newBlockingStub(new AnsweringChannel(Body.newBuilder().setPayload(payload).build()));

    /** A channel on a connection whose other end, with the service, is in this thread too. */
    private static Channel joined() {
        LoopPort near = new LoopPort();
        LoopPort far = new LoopPort();
        LoopPort.join(near, far);
        ServerServiceDefinition service = new EchoService().bindService();
        Connection server = new Connection(far, PEER, null, new ServerSettings(
                new Methods(service), Dispatch.ON_READER, CallLimits.DEFAULT, ServerSettings.Observers.NONE,
                Attributes.EMPTY, null));
        Connection client = new Connection(
                near, PEER, new ClientSettings("here", null, CallLimits.DEFAULT, Attributes.EMPTY), null);
        far.receiver(server);
        near.receiver(client);
        return new Channel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
                return client.newCall(method, options);
            }

            @Override
            public String authority() {
                return "here";
            }
        };
    }

    /** The methods of one service, registered for good. */
    private record Methods(ServerServiceDefinition service) implements MethodLookup {
        @Override
        public @Nullable ServerMethodDefinition<?, ?> lookup(String fullMethodName, @Nullable String authority) {
            return registered(fullMethodName);
        }

        @Override
        public @Nullable ServerMethodDefinition<?, ?> registered(String fullMethodName) {
            return service.getMethod(fullMethodName);
        }
    }

    /** Has an answer to each call at once: what remains is grpc's stub. */
    private static final class AnsweringChannel extends Channel {
        private final Object reply;

        AnsweringChannel(Object reply) {
            this.reply = reply;
        }

        @Override
        public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
            return new AnsweredCall<>(reply);
        }

        @Override
        public String authority() {
            return "here";
        }
    }

    private static final class AnsweredCall<Q, R> extends ClientCall<Q, R> {
        private final Object reply;
        private @Nullable Listener<R> listener;

        AnsweredCall(Object reply) {
            this.reply = reply;
        }

        @Override
        public void start(Listener<R> responses, Metadata headers) {
            listener = responses;
        }

        @Override
        public void request(int messages) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        @Override
        public void sendMessage(Q message) {}

        @Override
        @SuppressWarnings("unchecked") // The one method that is called has replies of this type.
        public void halfClose() {
            Listener<R> responses = listener;
            if (responses != null) {
                responses.onHeaders(new Metadata());
                responses.onMessage((R) reply);
                responses.onClose(Status.OK, new Metadata());
            }
        }
    }

    /** Stub, engine, protobuf, handler, and two copies of a frame. */
    @Benchmark
    public Body bothHalves() {
        return engine.unary(Body.newBuilder().setPayload(payload).build());
    }

    /** The stub alone. */
    @Benchmark
    public Body stub() {
        return nothing.unary(Body.newBuilder().setPayload(payload).build());
    }
}
