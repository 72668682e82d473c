package dev.homeport.testkit;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what a server's stream tracer hears, in words. For one call; thread-safe. */
public final class RecordingServerTracer extends ServerStreamTracer {
    /** Set by the tracer in the Context of the handler. */
    public static final Context.Key<String> KEY = Context.key("tracer");

    private final List<String> events = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();

    /** A factory that gives this tracer. */
    public ServerStreamTracer.Factory factory() {
        return new ServerStreamTracer.Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
                events.add("created " + fullMethodName);
                return RecordingServerTracer.this;
            }
        };
    }

    @Override
    public Context filterContext(Context context) {
        return context.withValue(KEY, "from the tracer");
    }

    @Override
    public void serverCallStarted(ServerCallInfo<?, ?> call) {
        events.add("call started " + call.getMethodDescriptor().getFullMethodName());
    }

    @Override
    public void outboundMessage(int sequence) {
        events.add("outbound message " + sequence);
    }

    @Override
    public void inboundMessage(int sequence) {
        events.add("inbound message " + sequence);
    }

    @Override
    public void outboundMessageSent(int sequence, long wireBytes, long bytes) {
        events.add("outbound sent " + sequence);
    }

    @Override
    public void inboundMessageRead(int sequence, long wireBytes, long bytes) {
        events.add("inbound read " + sequence);
    }

    @Override
    public void streamClosed(Status status) {
        events.add("closed");
        end.complete(status);
    }

    /** What was heard, in order. */
    public List<String> events() {
        return List.copyOf(events);
    }

    /** The status of the stream, once it is closed. */
    public Status awaitEnd() {
        return Wait.get(end);
    }
}
