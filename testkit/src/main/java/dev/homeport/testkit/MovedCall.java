package dev.homeport.testkit;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A call whose every operation is done by another thread, as interceptors that wait for something do. */
final class MovedCall<Q, P> extends ClientCall<Q, P> {
    private final ClientCall<Q, P> call;
    /** Runs one task after the other. */
    private final Executor elsewhere;

    MovedCall(ClientCall<Q, P> call, Executor elsewhere) {
        this.call = call;
        this.elsewhere = elsewhere;
    }

    @Override
    public void start(Listener<P> listener, Metadata headers) {
        elsewhere.execute(() -> call.start(listener, headers));
    }

    @Override
    public void request(int messages) {
        elsewhere.execute(() -> call.request(messages));
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
        elsewhere.execute(() -> call.cancel(message, cause));
    }

    @Override
    public void halfClose() {
        elsewhere.execute(call::halfClose);
    }

    @Override
    public void sendMessage(Q message) {
        elsewhere.execute(() -> call.sendMessage(message));
    }
}
