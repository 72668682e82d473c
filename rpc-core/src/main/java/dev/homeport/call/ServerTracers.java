package dev.homeport.call;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The stream tracers of one incoming call, told what a stream of gRPC would tell them. */
final class ServerTracers {
    static final ServerTracers NONE = new ServerTracers(new ServerStreamTracer[0]);

    private final ServerStreamTracer[] tracers;
    private int sentMessages;
    private int readMessages;

    private ServerTracers(ServerStreamTracer[] tracers) {
        this.tracers = tracers;
    }

    static ServerTracers create(List<ServerStreamTracer.Factory> factories, String method, Metadata headers) {
        if (factories.isEmpty()) {
            return NONE;
        }
        ServerStreamTracer[] tracers = new ServerStreamTracer[factories.size()];
        for (int i = 0; i < tracers.length; i++) {
            tracers[i] = factories.get(i).newServerStreamTracer(method, headers);
        }
        return new ServerTracers(tracers);
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
        for (ServerStreamTracer tracer : tracers) {
            tracer.streamClosed(status);
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
