package dev.homeport.testkit;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;

/**
 * The listener of a client call that keeps all it hears and asks for nothing by itself. Written by the call's
 * listener thread, read by the test.
 *
 * @param <P> reply
 */
public final class CallRecorder<P> extends ClientCall.Listener<P> {
    private final CompletableFuture<Metadata> headers = new CompletableFuture<>();
    private final BlockingQueue<P> messages = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> status = new CompletableFuture<>();
    private final CompletableFuture<Metadata> trailers = new CompletableFuture<>();
    private final Semaphore ready = new Semaphore(0);
    private final List<String> events = new CopyOnWriteArrayList<>();

    @Override
    public void onHeaders(Metadata received) {
        events.add("headers");
        headers.complete(received);
    }

    @Override
    public void onMessage(P message) {
        events.add("message");
        messages.add(message);
    }

    @Override
    public void onClose(Status closed, Metadata received) {
        events.add("close");
        trailers.complete(received);
        status.complete(closed);
    }

    @Override
    public void onReady() {
        ready.release();
    }

    /** The headers, once they are there. */
    public Metadata awaitHeaders() {
        return Wait.get(headers);
    }

    /** The next message. */
    public P awaitMessage() {
        return Wait.take(messages);
    }

    /** The end, once it is there. */
    public Status awaitStatus() {
        return Wait.get(status);
    }

    /** The trailers, once they are there. */
    public Metadata awaitTrailers() {
        return Wait.get(trailers);
    }

    /** Waits until onReady was called once more. */
    public void awaitReady() {
        Wait.on(ready, 1);
    }

    /** Messages that came and were not taken. */
    public int untaken() {
        return messages.size();
    }

    /** Whether the call has ended. */
    public boolean isClosed() {
        return status.isDone();
    }

    /** Headers, messages and close in the order of their coming. */
    public List<String> events() {
        return List.copyOf(events);
    }
}
