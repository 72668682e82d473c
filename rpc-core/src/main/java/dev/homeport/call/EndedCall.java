package dev.homeport.call;

import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A call that cannot be made: its listener hears so, once, as soon as it is started. */
public final class EndedCall<Q, R> extends ClientCall<Q, R> {
    private final Status status;
    private final Executor executor;

    public EndedCall(Status status, Executor executor) {
        this.status = status;
        this.executor = executor;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
        executor.execute(Context.current().wrap(() -> listener.onClose(status, new Metadata())));
    }

    @Override
    public void request(int numMessages) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Q message) {}

    @Override
    public boolean isReady() {
        return false;
    }
}
