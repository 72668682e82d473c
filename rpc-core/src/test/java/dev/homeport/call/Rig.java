package dev.homeport.call;

import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One side of a connection that serves and starts calls, over a {@link FeedPort}. All user code runs on the
 * thread that feeds. Handlers ask for everything and answer half-close with one message and OK.
 */
final class Rig {
    static final MethodDescriptor<ConnectRequest, ConnectRequest> UNARY = method(MethodType.UNARY);
    static final MethodDescriptor<ConnectRequest, ConnectRequest> BIDI = method(MethodType.BIDI_STREAMING);
    static final MethodDescriptor<ConnectRequest, ConnectRequest> SERVER = method(MethodType.SERVER_STREAMING);
    static final MethodDescriptor<ConnectRequest, ConnectRequest> CLIENT = method(MethodType.CLIENT_STREAMING);
    /** Its marshaller is not protobuf's, so that its messages are made when they are sent. */
    static final MethodDescriptor<ConnectRequest, ConnectRequest> STREAMED =
            UNARY.toBuilder(new StreamMarshaller(), new StreamMarshaller())
                    .setFullMethodName("test.Rig/streamed")
                    .build();
    static final List<MethodDescriptor<ConnectRequest, ConnectRequest>> METHODS =
            List.of(UNARY, BIDI, SERVER, CLIENT, STREAMED);
    static final int MAX_MESSAGE_BYTES = 20_000;
    static final int MAX_METADATA_BYTES = 2_000;
    static final int MAX_OPEN_CALLS = 64;
    static final CallLimits LIMITS = new CallLimits(MAX_MESSAGE_BYTES, MAX_METADATA_BYTES, MAX_OPEN_CALLS);

    private static final AtomicInteger NEXT_UID = new AtomicInteger(1_000);

    final FeedPort port;
    final Connection connection;
    /** Calls that reached a handler, in order. */
    final List<Served> served = new CopyOnWriteArrayList<>();
    /** Whether handlers ask for messages. */
    boolean handlersRequest = true;
    /** What handlers do at half-close. */
    Consumer<ServerCall<ConnectRequest, ConnectRequest>> answer = Rig::answerOnce;

    /** Run when a call is complete. */
    Runnable atComplete = () -> { };

    private static void answerOnce(ServerCall<ConnectRequest, ConnectRequest> call) {
        call.sendHeaders(new Metadata());
        call.sendMessage(ConnectRequest.getDefaultInstance());
        call.close(Status.OK, new Metadata());
    }

    /** Streams that say how long they are, as those of a marshaller which knows nothing of protobuf. */
    private static final class StreamMarshaller implements MethodDescriptor.Marshaller<ConnectRequest> {
        @Override
        public InputStream stream(ConnectRequest value) {
            return new KnownStream(value.toByteArray());
        }

        @Override
        public ConnectRequest parse(InputStream stream) {
            try {
                return ConnectRequest.parseFrom(stream);
            } catch (IOException e) {
                throw Status.INTERNAL.withCause(e).asRuntimeException();
            }
        }
    }

    private static final class KnownStream extends ByteArrayInputStream implements KnownLength {
        KnownStream(byte[] bytes) {
            super(bytes);
        }
    }

    /** A call as its handler saw it. */
    final class Served extends ServerCall.Listener<ConnectRequest> {
        final AtomicInteger messages = new AtomicInteger();
        final AtomicInteger completes = new AtomicInteger();
        final AtomicInteger cancels = new AtomicInteger();
        private final ServerCall<ConnectRequest, ConnectRequest> call;

        Served(ServerCall<ConnectRequest, ConnectRequest> call) {
            this.call = call;
        }

        int ends() {
            return completes.get() + cancels.get();
        }

        @Override
        public void onMessage(ConnectRequest message) {
            messages.incrementAndGet();
        }

        @Override
        public void onHalfClose() {
            answer.accept(call);
        }

        @Override
        public void onComplete() {
            atComplete.run();
            completes.incrementAndGet();
        }

        @Override
        public void onCancel() {
            cancels.incrementAndGet();
        }
    }

    /** A call as its caller sees it. */
    static final class Made extends ClientCall.Listener<ConnectRequest> {
        final List<Status> statuses = new CopyOnWriteArrayList<>();
        final AtomicInteger messages = new AtomicInteger();
        int number;

        Status status() {
            if (statuses.size() != 1) {
                throw new AssertionError("ended not once: " + statuses);
            }
            return statuses.getFirst();
        }

        @Override
        public void onMessage(ConnectRequest message) {
            messages.incrementAndGet();
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            statuses.add(status);
        }
    }

    Rig() {
        this(Runnable::run, LIMITS, List.of());
    }

    /** @param handlers runs them; {@code limits} of what the peer may send; {@code filters} of the connection */
    Rig(Executor handlers, CallLimits limits, List<ServerTransportFilter> filters) {
        this(handlers, limits, filters, NEXT_UID.getAndIncrement());
    }

    /** The same with a peer of that user. */
    Rig(Executor handlers, CallLimits limits, List<ServerTransportFilter> filters, int uid) {
        this(handlers, limits, new ServerSettings.Observers(List.of(), filters), uid);
    }

    /** The same with tracers. */
    Rig(Executor handlers, CallLimits limits, ServerSettings.Observers observers, int uid) {
        port = new FeedPort(uid);
        ServerSettings server = new ServerSettings(
                new MethodLookup() {
                    @Override
                    public ServerMethodDefinition<?, ?> lookup(String name, String authority) {
                        return definition(name);
                    }

                    @Override
                    public ServerMethodDefinition<?, ?> registered(String name) {
                        return definition(name);
                    }
                },
                new Dispatch(handlers, null),
                limits,
                observers,
                Attributes.EMPTY,
                null);
        ClientSettings client = new ClientSettings("here", Runnable::run, limits, Attributes.EMPTY);
        Setup peer = new Setup("peer", "", "there", 8192, CallWindow.BYTES, true, 1_000_000_000);
        connection = new Connection(port, peer, client, server);
        port.receiver(connection);
    }

    private static MethodDescriptor<ConnectRequest, ConnectRequest> method(MethodType type) {
        return MethodDescriptor.<ConnectRequest, ConnectRequest>newBuilder()
                .setType(type)
                .setFullMethodName("test.Rig/" + type)
                .setRequestMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .build();
    }

    private ServerMethodDefinition<?, ?> definition(String name) {
        ServerCallHandler<ConnectRequest, ConnectRequest> handler = (call, headers) -> {
            Served listener = new Served(call);
            served.add(listener);
            if (handlersRequest) {
                call.request(Integer.MAX_VALUE);
            }
            return listener;
        };
        for (MethodDescriptor<ConnectRequest, ConnectRequest> method : METHODS) {
            if (method.getFullMethodName().equals(name)) {
                return ServerMethodDefinition.create(method, handler);
            }
        }
        return null;
    }

    /** The peer gives the methods their numbers: their place in {@link #METHODS}. */
    Rig numbered() {
        for (int i = 0; i < METHODS.size(); i++) {
            port.feed(WireFrames.method(i, METHODS.get(i).getFullMethodName()));
        }
        return this;
    }

    /** Starts a call here and sends its OPEN. */
    Made call(MethodDescriptor<ConnectRequest, ConnectRequest> method) {
        Made made = new Made();
        ClientCall<ConnectRequest, ConnectRequest> call = connection.newCall(method, CallOptions.DEFAULT);
        call.start(made, new Metadata());
        call.request(Integer.MAX_VALUE);
        if (method.getType().clientSendsOneMessage()) {
            call.sendMessage(ConnectRequest.getDefaultInstance());
            call.halfClose();
        }
        made.number = ((OutgoingCall<?, ?>) call).number();
        return made;
    }

    static boolean eventually(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.yield();
        }
        return true;
    }
}
