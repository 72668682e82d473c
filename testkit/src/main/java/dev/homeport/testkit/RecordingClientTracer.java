package dev.homeport.testkit;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps what a client's stream tracer hears, in words. For one call; thread-safe. */
public final class RecordingClientTracer extends ClientStreamTracer {
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final AtomicLong outboundBytes = new AtomicLong();
    private final AtomicLong inboundBytes = new AtomicLong();

    /** Puts this tracer into the options of each call. */
    public ClientInterceptor interceptor() {
        ClientStreamTracer.Factory factory = new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(StreamInfo info, Metadata headers) {
                return RecordingClientTracer.this;
            }
        };
        return new ClientInterceptor() {
            @Override
            public <Q, P> ClientCall<Q, P> interceptCall(
                    MethodDescriptor<Q, P> method, CallOptions options, Channel next) {
                return next.newCall(method, options.withStreamTracerFactory(factory));
            }
        };
    }

    @Override
    public void streamCreated(Attributes transportAttributes, Metadata headers) {
        events.add("created");
    }

    @Override
    public void outboundHeaders() {
        events.add("outbound headers");
    }

    @Override
    public void inboundHeaders(Metadata headers) {
        events.add("inbound headers");
        super.inboundHeaders(headers);
    }

    @Override
    public void inboundTrailers(Metadata trailers) {
        events.add("inbound trailers");
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
        outboundBytes.addAndGet(bytes);
    }

    @Override
    public void inboundMessageRead(int sequence, long wireBytes, long bytes) {
        events.add("inbound read " + sequence);
        inboundBytes.addAndGet(bytes);
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

    /** Bytes of all messages sent, before any encoding. */
    public long outboundBytes() {
        return outboundBytes.get();
    }

    /** Bytes of all messages read, after any decoding. */
    public long inboundBytes() {
        return inboundBytes.get();
    }
}
