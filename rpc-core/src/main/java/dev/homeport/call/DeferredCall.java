package dev.homeport.call;

import io.grpc.Attributes;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A call whose real call is not known yet. It keeps what the program does, in order, and replays it once
 * {@link #proceed} names the real call; afterwards it passes everything on at the cost of one volatile
 * read. Cancellation, the deadline, or the end of the {@link Context} may end it before that.
 *
 * <p>The program's side is used by one thread at a time, as gRPC demands; {@code cancel}, {@link #proceed}
 * and {@link #end} come from any thread. The listener and the real call are never called under the lock.
 */
public final class DeferredCall<Q, R> extends ClientCall<Q, R> {
    private final Executor executor;
    private final Executor replayer;
    private final Context context = Context.current();
    private final Runnable onSettled;
    private final Context.CancellationListener onContextEnd = ended -> end(statusOf(ended));

    /** The real call once all that was kept is replayed. */
    private volatile @Nullable ClientCall<Q, R> direct;
    /** The real call from just before its start, so that {@code isReady} is true when its onReady comes. */
    private volatile @Nullable ClientCall<Q, R> started;

    // Guarded by this.
    private final Queue<Consumer<ClientCall<Q, R>>> kept = new ArrayDeque<>();
    private @Nullable Listener<R> listener;
    private boolean settled;
    private @Nullable Status ended;
    private @Nullable Future<?> deadlineTask;

    /**
     * @param executor runs the listener if the call ends before its real call is known
     * @param replayer runs the replay; not an executor of the program
     * @param onSettled runs once: after the replay, or when the call has ended without a real call
     */
    public DeferredCall(Executor executor, Executor replayer, Runnable onSettled) {
        this.executor = executor;
        this.replayer = replayer;
        this.onSettled = onSettled;
    }

    /** Ends the call when the deadline passes before its real call is known; that one sees to it later. */
    public void watchDeadline(@Nullable Deadline deadline, String waitingFor) {
        if (deadline == null) {
            return;
        }
        Status status = Status.DEADLINE_EXCEEDED.withDescription("Deadline exceeded while waiting for " + waitingFor);
        Future<?> task = Timers.INSTANCE.schedule(
                () -> end(status), deadline.timeRemaining(TimeUnit.NANOSECONDS), TimeUnit.NANOSECONDS);
        synchronized (this) {
            deadlineTask = task;
        }
    }

    /**
     * Names the real call; it is made and brought up to date in the context of this call, by a thread of
     * ours: the call's executor may be one that runs nothing until the program waits for a reply, which a
     * stream's program may do late or never. Nothing happens if the call has ended or was given a real call before.
     */
    public void proceed(Supplier<ClientCall<Q, R>> real) {
        if (settle(null)) {
            replayer.execute(context.wrap(() -> replay(real)));
        }
    }

    /** Like {@link #proceed}, but on this thread. */
    public void proceedHere(Supplier<ClientCall<Q, R>> real) {
        if (settle(null)) {
            context.run(() -> replay(real));
        }
    }

    /** Ends the call with a status unless its real call is named already. */
    public boolean end(Status status) {
        if (!settle(status)) {
            return false;
        }
        Listener<R> told;
        synchronized (this) {
            kept.clear();
            told = listener;
        }
        if (told != null) {
            close(told, status);
        }
        onSettled.run();
        return true;
    }

    private boolean settle(@Nullable Status status) {
        Future<?> task;
        synchronized (this) {
            if (settled) {
                return false;
            }
            settled = true;
            ended = status;
            task = deadlineTask;
        }
        if (task != null) {
            task.cancel(false);
        }
        context.removeListener(onContextEnd);
        return true;
    }

    private void close(Listener<R> told, Status status) {
        execute(context.wrap(() -> told.onClose(status, new Metadata())));
    }

    private void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            // Without this the call would never end; its own executor is closed.
            CommonExecutor.INSTANCE.execute(task);
        }
    }

    private void replay(Supplier<ClientCall<Q, R>> real) {
        ClientCall<Q, R> call = make(real);
        while (true) {
            Consumer<ClientCall<Q, R>> next;
            synchronized (this) {
                next = kept.poll();
                if (next == null) {
                    direct = call;
                    break;
                }
            }
            try {
                next.accept(call);
            } catch (RuntimeException e) {
                call.cancel("failed while it was replayed", e);
            }
        }
        onSettled.run();
    }

    private ClientCall<Q, R> make(Supplier<ClientCall<Q, R>> real) {
        try {
            return real.get();
        } catch (RuntimeException e) {
            return new EndedCall<>(
                    Status.INTERNAL.withDescription("The call could not be made").withCause(e), executor);
        }
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
        Status end;
        synchronized (this) {
            if (this.listener != null) {
                throw new IllegalStateException("already started");
            }
            this.listener = listener;
            end = ended;
        }
        if (end != null) {
            close(listener, end);
            return;
        }
        then(call -> {
            started = call;
            call.start(listener, headers);
        });
        watchContext();
    }

    private void watchContext() {
        context.addListener(onContextEnd, Runnable::run);
        synchronized (this) {
            if (!settled) {
                return;
            }
        }
        context.removeListener(onContextEnd);
    }

    private static Status statusOf(Context ended) {
        Throwable cause = ended.cancellationCause();
        if (cause instanceof TimeoutException) {
            return Status.DEADLINE_EXCEEDED.withDescription(cause.getMessage()).withCause(cause);
        }
        Status status = Status.fromThrowable(cause == null ? new IllegalStateException("no cause") : cause);
        return status.getCode() == Status.Code.UNKNOWN
                ? Status.CANCELLED.withDescription("Context cancelled").withCause(cause)
                : status;
    }

    /** Does it now if everything before it is done, and keeps it otherwise. */
    private void then(Consumer<ClientCall<Q, R>> operation) {
        ClientCall<Q, R> call = direct;
        if (call == null) {
            synchronized (this) {
                call = direct;
                if (call == null) {
                    if (ended == null) {
                        kept.add(operation);
                    }
                    return;
                }
            }
        }
        operation.accept(call);
    }

    @Override
    public void request(int numMessages) {
        ClientCall<Q, R> call = direct;
        if (call != null) {
            call.request(numMessages);
        } else {
            then(real -> real.request(numMessages));
        }
    }

    @Override
    public void sendMessage(Q message) {
        ClientCall<Q, R> call = direct;
        if (call != null) {
            call.sendMessage(message);
        } else {
            then(real -> real.sendMessage(message));
        }
    }

    @Override
    public void halfClose() {
        then(ClientCall::halfClose);
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
        String description = message == null ? "Call cancelled without message" : message;
        if (!end(Status.CANCELLED.withDescription(description).withCause(cause))) {
            then(real -> real.cancel(message, cause));
        }
    }

    @Override
    public void setMessageCompression(boolean enabled) {
        then(real -> real.setMessageCompression(enabled));
    }

    @Override
    public boolean isReady() {
        ClientCall<Q, R> call = started;
        return call != null && call.isReady();
    }

    @Override
    public Attributes getAttributes() {
        ClientCall<Q, R> call = started;
        return call == null ? Attributes.EMPTY : call.getAttributes();
    }
}
