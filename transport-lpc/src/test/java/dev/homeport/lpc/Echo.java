package dev.homeport.lpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import dev.homeport.call.CallLimits;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.Dispatch;
import dev.homeport.call.MethodLookup;
import dev.homeport.call.ServerSettings;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.BodySettings;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.InternalClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** A server that sends back what it gets, and one connection to it; both ends in this process unless told otherwise. */
final class Echo implements AutoCloseable {
    static final MethodDescriptor<BytesValue, BytesValue> UNARY = method("Unary", MethodType.UNARY);
    static final MethodDescriptor<BytesValue, BytesValue> BIDI = method("Bidi", MethodType.BIDI_STREAMING);
    /** Answers with as many bytes as the request says in its first four. */
    static final MethodDescriptor<BytesValue, BytesValue> DOWN = method("Down", MethodType.UNARY);

    private static final CallLimits LIMITS = new CallLimits(Integer.MAX_VALUE, 8192, 16_384);

    private final @org.jspecify.annotations.Nullable Publication publication;
    final Connection client;
    final AtomicReference<Connection> server;
    final Channel channel;

    /** As a process of its own: publishes under the name it is given until its input ends. */
    public static void main(String[] arguments) throws Exception {
        BodySettings bodies = settings(Integer.parseInt(arguments[1]));
        try (Publication published = publish(arguments[0], bodies, new AtomicReference<>())) {
            System.out.println("published " + published.names());
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }

    /** Direct from that length on; 0: never. */
    static BodySettings settings(int directFrom) {
        return directFrom == 0
                ? new BodySettings(BodySettings.DEFAULT, BodySettings.DEFAULT, false, false)
                : new BodySettings(BodySettings.DEFAULT, directFrom, true, false);
    }

    Echo(BodySettings clientBodies, BodySettings serverBodies) throws Exception {
        String name = "echo-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        this.server = new AtomicReference<>();
        this.publication = publish(name, serverBodies, server);
        this.client = connect(name, clientBodies);
        this.channel = channelOn(client);
    }

    static Publication publish(String name, BodySettings bodies, AtomicReference<Connection> accepted) throws Exception {
        return publish(name, bodies, LIMITS, accepted);
    }

    static Publication publish(
            String name, BodySettings bodies, CallLimits limits, AtomicReference<Connection> accepted)
            throws Exception {
        ServerSettings settings = new ServerSettings(
                new Methods(), Dispatch.ON_READER, limits, ServerSettings.Observers.NONE, Attributes.EMPTY, null);
        Setup setup = new Setup("server", "", "", 8192, 1 << 20, true, 5_000_000_000L).withBodies(bodies);
        return new LpcTransport().publish(new PublishRequest(name, List.of(), setup, List.of()), (port, peer) -> {
            Connection made = new Connection(port, peer, null, settings);
            accepted.set(made);
            return made;
        });
    }

    static Connection connect(String name, BodySettings bodies) throws Exception {
        LpcTransport transport = new LpcTransport();
        PortSearch search = transport.find(new PortQuery.ByName(name, -1));
        Setup setup = new Setup("client", "agent/1", "here", 8192, 1 << 20, false, 5_000_000_000L).withBodies(bodies);
        AtomicReference<Connection> made = new AtomicReference<>();
        transport.connect(((PortSearch.Found) search).port(), setup, (port, peer) -> {
            made.set(new Connection(port, peer, new ClientSettings("here", null, LIMITS, Attributes.EMPTY), null));
            return made.get();
        });
        return made.get();
    }

    static Channel channelOn(Connection connection) {
        return new Channel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
                return connection.newCall(method, options);
            }

            @Override
            public String authority() {
                return "here";
            }
        };
    }

    BytesValue call(BytesValue request) {
        return call(channel, request);
    }

    static BytesValue call(Channel channel, BytesValue request) {
        return ClientCalls.blockingUnaryCall(
                channel,
                UNARY,
                InternalClientCalls.setStubType(CallOptions.DEFAULT, InternalClientCalls.StubType.BLOCKING),
                request);
    }

    BodyCounters clientBodies() {
        return client.port().bodies();
    }

    BodyCounters serverBodies() {
        return server.get().port().bodies();
    }

    @Override
    public void close() {
        client.shutdownNow(Status.UNAVAILABLE.withDescription("test is over"));
        if (publication != null) {
            publication.close();
        }
    }

    /** Bytes that tell where in the message they stand. */
    static BytesValue message(int lengthBytes, int seed) {
        byte[] bytes = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++) {
            bytes[i] = (byte) (i * 31 + (i >>> 12) + seed);
        }
        return BytesValue.of(ByteString.copyFrom(bytes));
    }

    private static MethodDescriptor<BytesValue, BytesValue> method(String name, MethodType type) {
        return MethodDescriptor.<BytesValue, BytesValue>newBuilder()
                .setType(type)
                .setFullMethodName("test.Echo/" + name)
                .setRequestMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
                .build();
    }

    private static final class Methods implements MethodLookup {
        @Override
        public ServerMethodDefinition<?, ?> lookup(String method, String authority) {
            return registered(method);
        }

        @Override
        public ServerMethodDefinition<?, ?> registered(String method) {
            return switch (method) {
                case "test.Echo/Unary" -> ServerMethodDefinition.create(UNARY, ServerCalls.asyncUnaryCall(Echo::echo));
                case "test.Echo/Down" -> ServerMethodDefinition.create(DOWN, ServerCalls.asyncUnaryCall(Echo::down));
                case "test.Echo/Bidi" ->
                    ServerMethodDefinition.create(BIDI, ServerCalls.asyncBidiStreamingCall(Echo::bidi));
                default -> null;
            };
        }
    }

    private static void echo(BytesValue request, StreamObserver<BytesValue> reply) {
        reply.onNext(request);
        reply.onCompleted();
    }

    private static void down(BytesValue request, StreamObserver<BytesValue> reply) {
        reply.onNext(message(request.getValue().asReadOnlyByteBuffer().getInt(), 7));
        reply.onCompleted();
    }

    /** Takes the next message when the last reply has found room, so that neither side keeps many. */
    private static StreamObserver<BytesValue> bidi(StreamObserver<BytesValue> observer) {
        ServerCallStreamObserver<BytesValue> reply = (ServerCallStreamObserver<BytesValue>) observer;
        reply.disableAutoRequest();
        AtomicBoolean asked = new AtomicBoolean();
        Runnable askIfReady = () -> {
            if (reply.isReady() && asked.compareAndSet(false, true)) {
                reply.request(1);
            }
        };
        reply.setOnReadyHandler(askIfReady);
        return new StreamObserver<>() {
            @Override
            public void onNext(BytesValue request) {
                asked.set(false);
                reply.onNext(request);
                askIfReady.run();
            }

            @Override
            public void onError(Throwable t) {
                asked.set(true);
            }

            @Override
            public void onCompleted() {
                reply.onCompleted();
            }
        };
    }
}
