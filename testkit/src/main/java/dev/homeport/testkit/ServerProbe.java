package dev.homeport.testkit;

import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;

/**
 * A handler that does nothing but hand each incoming call to the test, which plays the server by itself. Serves the
 * unary method and the chat, both with {@link EchoRequest} and {@link EchoReply}.
 */
public final class ServerProbe implements ServerCallHandler<EchoRequest, EchoReply> {
    private final BlockingQueue<Incoming> calls = new LinkedBlockingQueue<>();

    /** A service whose unary method and chat come to this probe. */
    public ServerServiceDefinition service() {
        return ServerServiceDefinition.builder(EchoGrpc.SERVICE_NAME)
                .addMethod(unary(), this)
                .addMethod(chat(), this)
                .build();
    }

    /** The unary method. */
    public static MethodDescriptor<EchoRequest, EchoReply> unary() {
        return EchoGrpc.getUnaryMethod();
    }

    /** The bidirectional method. */
    public static MethodDescriptor<EchoRequest, EchoReply> chat() {
        return EchoGrpc.getChatMethod();
    }

    @Override
    public ServerCall.Listener<EchoRequest> startCall(ServerCall<EchoRequest, EchoReply> call, Metadata headers) {
        Incoming incoming = new Incoming(call, headers);
        calls.add(incoming);
        return incoming;
    }

    /** The next call that came. */
    public Incoming awaitCall() {
        return Wait.take(calls);
    }

    /** One call, as the server sees it. Asks for no message by itself. */
    public static final class Incoming extends ServerCall.Listener<EchoRequest> {
        private final ServerCall<EchoRequest, EchoReply> call;
        private final Metadata headers;
        private final Context context = Context.current();
        private final BlockingQueue<EchoRequest> messages = new LinkedBlockingQueue<>();
        private final CompletableFuture<Boolean> halfClosed = new CompletableFuture<>();
        private final CompletableFuture<String> end = new CompletableFuture<>();
        private final List<String> events = new CopyOnWriteArrayList<>();
        private final Semaphore ready = new Semaphore(0);

        private Incoming(ServerCall<EchoRequest, EchoReply> call, Metadata headers) {
            this.call = call;
            this.headers = headers;
        }

        @Override
        public void onMessage(EchoRequest message) {
            events.add("message");
            messages.add(message);
        }

        @Override
        public void onHalfClose() {
            events.add("half-close");
            halfClosed.complete(true);
        }

        @Override
        public void onCancel() {
            events.add("cancel");
            end.complete("cancel");
        }

        @Override
        public void onComplete() {
            events.add("complete");
            end.complete("complete");
        }

        @Override
        public void onReady() {
            ready.release();
        }

        /** The call itself; used by the test alone. */
        public ServerCall<EchoRequest, EchoReply> call() {
            return call;
        }

        /** The headers of the request. */
        public Metadata headers() {
            return headers;
        }

        /** The Context in which the handler was started. */
        public Context context() {
            return context;
        }

        /** The next message. */
        public EchoRequest awaitMessage() {
            return Wait.take(messages);
        }

        /** Messages that came and were not taken. */
        public int untaken() {
            return messages.size();
        }

        /** Waits for the client's half-close. */
        public void awaitHalfClose() {
            Wait.get(halfClosed);
        }

        /** "complete" or "cancel", once it is there. */
        public String awaitEnd() {
            return Wait.get(end);
        }

        /** Waits until onReady was called once more. */
        public void awaitReady() {
            Wait.on(ready, 1);
        }

        /** Messages, half-close and end in the order of their coming. */
        public List<String> events() {
            return List.copyOf(events);
        }
    }
}
