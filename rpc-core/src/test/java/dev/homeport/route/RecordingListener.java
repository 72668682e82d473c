package dev.homeport.route;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers how a call ended. */
final class RecordingListener extends ClientCall.Listener<byte[]> {
    final CompletableFuture<Status> status = new CompletableFuture<>();
    final AtomicInteger closes = new AtomicInteger();

    @Override
    public void onClose(Status status, Metadata trailers) {
        closes.incrementAndGet();
        this.status.complete(status);
    }

    Status await() throws Exception {
        return status.get(10, TimeUnit.SECONDS);
    }
}
