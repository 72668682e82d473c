package dev.homeport.chaos.topic;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A call whose ends are counted and timed. Started by one thread; its listener notes. */
final class OpenCall<P> extends ClientCall.Listener<P> {
    /** @param atNanos {@link System#nanoTime} when the listener heard of it */
    record End(Status status, long atNanos) {}

    final CompletableFuture<P> first = new CompletableFuture<>();
    final CompletableFuture<End> end = new CompletableFuture<>();
    final AtomicInteger ends = new AtomicInteger();

    static <Q, P> OpenCall<P> start(
            Channel channel, CallOptions options, MethodDescriptor<Q, P> method, Q request, boolean halfClose) {
        ClientCall<Q, P> call = channel.newCall(method, options);
        OpenCall<P> open = new OpenCall<>();
        call.start(open, new Metadata());
        call.request(Integer.MAX_VALUE);
        call.sendMessage(request);
        if (halfClose) {
            call.halfClose();
        }
        return open;
    }

    @Override
    public void onMessage(P message) {
        first.complete(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        ends.incrementAndGet();
        end.complete(new End(status, System.nanoTime()));
    }
}
