package dev.homeport.generic;

import com.google.protobuf.RpcCallback;
import com.google.protobuf.RpcController;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Protobuf's word for a call, on either side: a client learns by it how its call failed, and may cancel; a service
 * tells by it that it failed, and learns of cancellation. Used for one call at a time; {@link #reset} makes it new.
 * Thread-safe.
 */
public final class CallController implements RpcController {
    // Guarded by this.
    private @Nullable Status failure;
    private boolean cancelled;
    private final List<Runnable> onCancel = new ArrayList<>();

    @Override
    public synchronized void reset() {
        failure = null;
        cancelled = false;
        onCancel.clear();
    }

    @Override
    public synchronized boolean failed() {
        return failure != null;
    }

    /** What went wrong; empty while nothing has. */
    @Override
    public synchronized String errorText() {
        return failure == null ? "" : textOf(failure);
    }

    /** How the call failed; OK while it has not. */
    public synchronized Status status() {
        return failure == null ? Status.OK : failure;
    }

    static String textOf(Status status) {
        return status.getDescription() != null ? status.getDescription() : status.getCode().name();
    }

    /** Cancels the call; of a client. */
    @Override
    public void startCancel() {
        cancel();
    }

    void cancel() {
        List<Runnable> told;
        synchronized (this) {
            if (cancelled) {
                return;
            }
            cancelled = true;
            told = List.copyOf(onCancel);
            onCancel.clear();
        }
        told.forEach(Runnable::run);
    }

    /** Fails the call with UNKNOWN and this text, as gRPC does for what a handler throws; of a service. */
    @Override
    public void setFailed(String reason) {
        setFailed(Status.UNKNOWN.withDescription(reason));
    }

    /** Fails the call with a status of gRPC; of a service. */
    public synchronized void setFailed(Status status) {
        failure = status;
    }

    @Override
    public synchronized boolean isCanceled() {
        return cancelled;
    }

    @Override
    public void notifyOnCancel(RpcCallback<Object> callback) {
        whenCancelled(() -> callback.run(null));
    }

    void whenCancelled(Runnable task) {
        synchronized (this) {
            if (!cancelled) {
                onCancel.add(task);
                return;
            }
        }
        task.run();
    }
}
