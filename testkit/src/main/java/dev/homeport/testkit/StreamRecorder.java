package dev.homeport.testkit;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Keeps what an asynchronous stub hears. Written by the call's listener thread, read by the test.
 *
 * @param <Q> request
 * @param <P> reply
 */
public final class StreamRecorder<Q, P> implements ClientResponseObserver<Q, P> {
    private final BlockingQueue<P> values = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final CompletableFuture<ClientCallStreamObserver<Q>> requests = new CompletableFuture<>();
    private final List<Status> ends = new CopyOnWriteArrayList<>();

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> requestStream) {
        requests.complete(requestStream);
    }

    @Override
    public void onNext(P value) {
        values.add(value);
    }

    @Override
    public void onError(Throwable cause) {
        finish(Status.fromThrowable(cause));
    }

    @Override
    public void onCompleted() {
        finish(Status.OK);
    }

    private void finish(Status status) {
        ends.add(status);
        end.complete(status);
    }

    /** The next value. */
    public P awaitValue() {
        return Wait.take(values);
    }

    /** How the stream ended, once it has. */
    public Status awaitEnd() {
        return Wait.get(end);
    }

    /** Values that came and were not taken. */
    public List<P> rest() {
        return List.copyOf(values);
    }

    /** Every end that was told; more than one is a fault. */
    public List<Status> ends() {
        return List.copyOf(ends);
    }

    /** The stub's own side of the call. */
    public ClientCallStreamObserver<Q> requests() {
        return Wait.get(requests);
    }
}
