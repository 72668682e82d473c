package dev.homeport.testkit.frames;

import dev.homeport.call.MethodLookup;
import dev.homeport.idl.v1.ConnectRequest;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Methods of every kind and their handlers, which count the ends that each call sees. Thread-safe. */
public final class TextServices implements MethodLookup {
    /** A message of these services. */
    static final ConnectRequest MESSAGE =
            ConnectRequest.newBuilder().setClientName("some text").build();

    /** What is served, in the order in which a {@link Conversation} numbers them. */
    public static final List<MethodDescriptor<ConnectRequest, ConnectRequest>> METHODS = List.of(
            method("Unary", MethodType.UNARY),
            method("Bidi", MethodType.BIDI_STREAMING),
            method("Server", MethodType.SERVER_STREAMING),
            method("Client", MethodType.CLIENT_STREAMING),
            method("Raw", MethodType.BIDI_STREAMING).toBuilder(new RawMarshaller(), new RawMarshaller()).build(),
            method("Idle", MethodType.BIDI_STREAMING));

    private final List<Ends> served = new CopyOnWriteArrayList<>();

    /** Full names of the methods served, and one that nobody serves. */
    public static List<String> names() {
        List<String> names = new ArrayList<>();
        METHODS.forEach(method -> names.add(method.getFullMethodName()));
        names.add("test.Text/Nobody");
        return names;
    }

    private static MethodDescriptor<ConnectRequest, ConnectRequest> method(String name, MethodType type) {
        return MethodDescriptor.<ConnectRequest, ConnectRequest>newBuilder()
                .setType(type)
                .setFullMethodName("test.Text/" + name)
                .setRequestMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .build();
    }

    /** Not protobuf's own, so that the engine has to hand it streams. */
    private static final class RawMarshaller implements Marshaller<ConnectRequest> {
        @Override
        public InputStream stream(ConnectRequest value) {
            return new ByteArrayInputStream(value.toByteArray());
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

    /** How often a call ended. */
    public static final class Ends {
        private final AtomicInteger count = new AtomicInteger();
        private final String method;

        Ends(String method) {
            this.method = method;
        }

        int count() {
            return count.get();
        }

        ClientCall.Listener<ConnectRequest> ofCaller() {
            return new ClientCall.Listener<>() {
                @Override
                public void onClose(Status status, Metadata trailers) {
                    count.getAndIncrement();
                }
            };
        }

        @Override
        public String toString() {
            return method + " ended " + count;
        }
    }

    /** Calls that reached a handler. */
    public List<Ends> served() {
        return List.copyOf(served);
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookup(String name, @Nullable String authority) {
        return registered(name);
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> registered(String name) {
        for (MethodDescriptor<ConnectRequest, ConnectRequest> method : METHODS) {
            if (method.getFullMethodName().equals(name)) {
                return ServerMethodDefinition.create(method, handlerOf(method));
            }
        }
        return null;
    }

    private ServerCallHandler<ConnectRequest, ConnectRequest> handlerOf(
            MethodDescriptor<ConnectRequest, ConnectRequest> method) {
        boolean idle = method.getFullMethodName().endsWith("Idle");
        return (call, headers) -> {
            Ends ends = new Ends(method.getFullMethodName());
            served.add(ends);
            call.request(idle ? 1 : Integer.MAX_VALUE);
            call.sendHeaders(new Metadata());
            return new Handler(call, ends);
        };
    }

    /** Echoes the messages of streams, and answers half-close by a message and the end. */
    private static final class Handler extends ServerCall.Listener<ConnectRequest> {
        private final ServerCall<ConnectRequest, ConnectRequest> call;
        private final Ends ends;

        Handler(ServerCall<ConnectRequest, ConnectRequest> call, Ends ends) {
            this.call = call;
            this.ends = ends;
        }

        @Override
        public void onMessage(ConnectRequest message) {
            if (call.getMethodDescriptor().getType() == MethodType.BIDI_STREAMING) {
                call.sendMessage(message);
            }
        }

        @Override
        public void onHalfClose() {
            call.sendMessage(MESSAGE);
            call.close(Status.OK, new Metadata());
        }

        @Override
        public void onComplete() {
            ends.count.getAndIncrement();
        }

        @Override
        public void onCancel() {
            ends.count.getAndIncrement();
        }
    }
}
