package dev.homeport.call;

import dev.homeport.spi.Waiter;
import io.grpc.Deadline;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands for the thread of a blocking unary stub, which waits for its reply in the connection's port, and runs the call's
 * events itself and the callbacks that the peer makes in the call. This is the task of the stub's executor, which only
 * queues until the caller drains it. Should another thread run the task, or the caller at once, then this is no such
 * executor, and the call's events run on it as on any.
 */
final class ReplyWait implements Waiter, Runnable {
    private static final VarHandle SLOT;

    static {
        try {
            SLOT = MethodHandles.lookup().findVarHandle(ReplyWait.class, "slot", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final OutgoingCall<?, ?> call;
    private final Connection connection;
    private final CallRunner runner;
    private final @Nullable Deadline deadline;
    private final Thread caller = Thread.currentThread();
    /** The caller has not left {@code halfClose}. Of its thread. */
    private boolean inHalfClose = true;
    /** Written through {@link #SLOT}. */
    private volatile @Nullable Object slot;
    /** Runs callbacks made in the call while its caller waits; null while it does not. */
    private volatile @Nullable NestedCallbacks callbacks;

    /** By the caller's thread. */
    ReplyWait(OutgoingCall<?, ?> call, Connection connection, CallRunner runner, @Nullable Deadline deadline) {
        this.call = call;
        this.connection = connection;
        this.runner = runner;
        this.deadline = deadline;
    }

    /** Gives itself to the stub's executor. */
    void submit(Executor executor) {
        try {
            executor.execute(this);
        } catch (RejectedExecutionException e) {
            connection.port().ring();
            call.rejected(e);
        }
        inHalfClose = false;
    }

    @Override
    public void run() {
        if (Thread.currentThread() == caller && !inHalfClose) {
            awaitReply();
        } else {
            connection.port().ring();
            call.watchDeadline();
            runner.run();
        }
    }

    private void awaitReply() {
        NestedCallbacks nested =
                connection.mayNest() ? new NestedCallbacks(this::wake, deadline, call::expireIfOpen) : null;
        if (nested != null) {
            callbacks = nested;
            if (call.isEndedHere()) {
                // Who ended the call may have looked before this was there.
                nested.end();
            }
        }
        runner.beginAwait(this);
        try {
            while (!call.isClosed() && !Thread.currentThread().isInterrupted()) {
                if (!isDone()) {
                    connection.port().await(this);
                }
                if (nested != null) {
                    nested.run();
                }
                if (runner.isDirty()) {
                    runner.run();
                } else {
                    checkDeadline();
                }
            }
        } finally {
            if (nested != null) {
                callbacks = null;
                nested.close();
            }
            runner.endAwait();
            runner.run();
        }
        if (!call.isClosed()) {
            call.watchDeadline();
        }
    }

    private void checkDeadline() {
        if (deadline != null && deadline.isExpired()) {
            call.deadlineExpired();
        }
    }

    /** Makes the caller look at what there is. Any thread. */
    void wake() {
        connection.port().wake(this);
    }

    /** A caller that runs a callback does not see the end of its call by itself. Any thread. */
    void release() {
        NestedCallbacks nested = callbacks;
        if (nested != null) {
            nested.end();
        }
    }

    /** What runs callbacks made in the call now; null if its caller does not wait. */
    @Nullable NestedCallbacks callbacks() {
        return callbacks;
    }

    @Override
    public boolean isDone() {
        NestedCallbacks nested = callbacks;
        return runner.isDirty() || nested != null && nested.isThere();
    }

    @Override
    public boolean comesBack() {
        return !runner.isDirty();
    }

    @Override
    public long deadlineNanos() {
        return deadline == null
                ? NO_DEADLINE
                : System.nanoTime() + deadline.timeRemaining(TimeUnit.NANOSECONDS);
    }

    @Override
    public @Nullable Object slot() {
        return slot;
    }

    @Override
    public void slot(@Nullable Object note) {
        // Release: who waits gets the role or enlists, both with a full fence, and then looks whether it is done.
        SLOT.setRelease(this, note);
    }
}
