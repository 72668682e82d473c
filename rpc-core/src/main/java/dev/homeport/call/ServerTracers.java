package dev.homeport.call;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The stream tracers of one incoming call, told what a stream of gRPC would tell them. They are made with the handler; a
 * call may end before, or meanwhile, on another thread, and they hear of that all the same, once.
 */
final class ServerTracers {
    static final ServerTracers NONE = new ServerTracers(List.of());

    private final List<ServerStreamTracer.Factory> factories;
    /** None until they are made. */
    private volatile ServerStreamTracer[] tracers = {};
    /** How the stream ended; null while it has not. */
    private volatile @Nullable Status end;
    private final AtomicBoolean endTold = new AtomicBoolean();
    private int sentMessages;
    private int readMessages;

    private ServerTracers(List<ServerStreamTracer.Factory> factories) {
        this.factories = factories;
    }

    static ServerTracers of(List<ServerStreamTracer.Factory> factories) {
        return factories.isEmpty() ? NONE : new ServerTracers(factories);
    }

    /** Makes them. Once, by the thread that starts the handler. */
    void create(String method, Metadata headers) {
        ServerStreamTracer[] made = new ServerStreamTracer[factories.size()];
        for (int i = 0; i < made.length; i++) {
            made[i] = factories.get(i).newServerStreamTracer(method, headers);
        }
        if (made.length > 0) {
            tracers = made;
            tellEnd();
        }
    }

    Context filterContext(Context context) {
        Context filtered = context;
        for (ServerStreamTracer tracer : tracers) {
            filtered = tracer.filterContext(filtered);
        }
        return filtered;
    }

    <Q, R> void serverCallStarted(MethodDescriptor<Q, R> method, Attributes attributes, @Nullable String authority) {
        if (tracers.length == 0) {
            return;
        }
        ServerStreamTracer.ServerCallInfo<Q, R> info = new Info<>(method, attributes, authority);
        for (ServerStreamTracer tracer : tracers) {
            tracer.serverCallStarted(info);
        }
    }

    void outboundMessage(int bytes) {
        if (tracers.length == 0) {
            return;
        }
        int number = sentMessages++;
        for (ServerStreamTracer tracer : tracers) {
            tracer.outboundMessage(number);
            tracer.outboundMessageSent(number, bytes, bytes);
            tracer.outboundWireSize(bytes);
            tracer.outboundUncompressedSize(bytes);
        }
    }

    void inboundMessage(int bytes) {
        if (tracers.length == 0) {
            return;
        }
        int number = readMessages++;
        for (ServerStreamTracer tracer : tracers) {
            tracer.inboundMessage(number);
            tracer.inboundWireSize(bytes);
            tracer.inboundUncompressedSize(bytes);
            tracer.inboundMessageRead(number, bytes, bytes);
        }
    }

    void streamClosed(Status status) {
        if (!factories.isEmpty()) {
            end = status;
            tellEnd();
        }
    }

    /** Who makes them writes them and then looks for an end; who ends the stream does it the other way round. */
    private void tellEnd() {
        ServerStreamTracer[] made = tracers;
        Status status = end;
        if (made.length > 0 && status != null && endTold.compareAndSet(false, true)) {
            for (ServerStreamTracer tracer : made) {
                tracer.streamClosed(status);
            }
        }
    }

    /** What a tracer may know of a call; {@link ServerCall} itself is not for tracers. */
    private static final class Info<Q, R> extends ServerStreamTracer.ServerCallInfo<Q, R> {
        private final MethodDescriptor<Q, R> method;
        private final Attributes attributes;
        private final @Nullable String authority;

        Info(MethodDescriptor<Q, R> method, Attributes attributes, @Nullable String authority) {
            this.method = method;
            this.attributes = attributes;
            this.authority = authority;
        }

        @Override
        public MethodDescriptor<Q, R> getMethodDescriptor() {
            return method;
        }

        @Override
        public Attributes getAttributes() {
            return attributes;
        }

        @Override
        public @Nullable String getAuthority() {
            return authority;
        }
    }
}
