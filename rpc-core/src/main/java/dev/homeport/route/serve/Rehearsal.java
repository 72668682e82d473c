package dev.homeport.route.serve;

import com.google.protobuf.Message;
import dev.homeport.call.CallLimits;
import dev.homeport.call.CallWindow;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.ConnectionChannel;
import dev.homeport.call.Dispatch;
import dev.homeport.call.MethodLookup;
import dev.homeport.call.ServerSettings;
import dev.homeport.spi.LocalTransport;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the process to itself and a few calls on it, before its first server can be found. The first set-up
 * and the first call of a process load some hundred classes, which held up the first clients of a restarted server by
 * 0.2 s and more; a successor does it while its predecessor still serves. None of the program's code takes part.
 */
final class Rehearsal {
    private static final Logger LOG = Logger.getLogger("dev.homeport.route");
    private static final String AUTHORITY = "rehearsal";
    private static final int CALLS = 20;
    /** Whatever is slower than this is not made quicker by being waited for. */
    private static final long PATIENCE_SECONDS = 2;

    private static final MethodDescriptor<byte[], byte[]> METHOD = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("homeport.Rehearsal/Call")
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Echo implements MethodLookup {
        private final ServerMethodDefinition<byte[], byte[]> definition =
                ServerMethodDefinition.create(METHOD, ServerCalls.asyncUnaryCall((request, reply) -> {
                    reply.onNext(request);
                    reply.onCompleted();
                }));

        @Override
        public @Nullable ServerMethodDefinition<?, ?> lookup(String fullMethodName, @Nullable String authority) {
            return registered(fullMethodName);
        }

        @Override
        public @Nullable ServerMethodDefinition<?, ?> registered(String fullMethodName) {
            return fullMethodName.equals(METHOD.getFullMethodName()) ? definition : null;
        }
    }

    private Rehearsal() {}

    /** Rehearses, unless this process has set up a connection before. What fails is said later by what is real. */
    static void ofFirstServer(LocalTransport transport) {
        if (!transport.isCold()) {
            return;
        }
        String name = AUTHORITY + "-" + ProcessHandle.current().pid();
        Setup setup = new Setup(name, "", AUTHORITY, CallLimits.DEFAULT_MAX_METADATA_BYTES, CallWindow.BYTES, true,
                TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS));
        ServerSettings server = new ServerSettings(new Echo(), Dispatch.ON_READER, CallLimits.DEFAULT,
                ServerSettings.Observers.NONE, Attributes.EMPTY, null);
        PublishRequest request = new PublishRequest(name, List.of(), setup, List.of());
        try (Publication stage = transport.publish(
                request, (port, peer) -> new Connection(port, peer, null, server))) {
            if (transport.find(new PortQuery.ByName(stage.names().getFirst(), -1)) instanceof PortSearch.Found found) {
                call(transport, found, setup);
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.FINE, "rehearsal failed", e);
        }
    }

    /**
     * Has protobuf describe the messages of these services, which generated code leaves to the first message of all
     * and which takes as long as everything else together: 0.2 s for a small service on two busy
     * processors.
     */
    static void ofMessages(List<ServerServiceDefinition> services) {
        for (ServerServiceDefinition service : services) {
            for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
                describe(method.getMethodDescriptor().getRequestMarshaller());
                describe(method.getMethodDescriptor().getResponseMarshaller());
            }
        }
    }

    private static void describe(MethodDescriptor.Marshaller<?> marshaller) {
        if (marshaller instanceof MethodDescriptor.PrototypeMarshaller<?> typed
                && typed.getMessagePrototype() instanceof Message message) {
            message.getDescriptorForType();
        }
    }

    private static void call(LocalTransport transport, PortSearch.Found found, Setup setup) throws IOException {
        ClientSettings client = new ClientSettings(AUTHORITY, null, CallLimits.DEFAULT, Attributes.EMPTY);
        AtomicReference<@Nullable Connection> made = new AtomicReference<>();
        transport.connect(found.port(), setup, (port, peer) -> {
            Connection connection = new Connection(port, peer, client, null);
            made.set(connection);
            return connection;
        });
        Connection connection = made.get();
        if (connection == null) {
            return;
        }
        try {
            Channel channel = new ConnectionChannel(connection, AUTHORITY);
            CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS);
            for (int i = 0; i < CALLS; i++) {
                ClientCalls.blockingUnaryCall(channel, METHOD, options, new byte[i]);
            }
        } finally {
            connection.shutdownNow(Status.UNAVAILABLE.withDescription("the rehearsal is over"));
        }
    }
}
