package dev.homeport.call;

import dev.homeport.spi.FramePort;
import dev.homeport.spi.ReadTurn;
import dev.homeport.spi.Waiter;
import io.grpc.Context;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs the events of one call, one at a time, on the thread that is right for them: the caller that waits
 * for them, the executor that was named, the thread that read them, or else the common executor. Events
 * are not queued here: {@link Events#deliver} looks at the call's state and does all there is to do.
 */
final class CallRunner implements Runnable {
    private static final VarHandle RUNNING;
    private static final VarHandle SCHEDULED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            RUNNING = lookup.findVarHandle(CallRunner.class, "running", boolean.class);
            SCHEDULED = lookup.findVarHandle(CallRunner.class, "scheduled", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The call. */
    interface Events {
        /** Delivers what can be delivered. One thread at a time; throws nothing. */
        void deliver();

        /**
         * Events ran on the thread that read them.
         *
         * @param inTime whether they were done before another thread took over
         */
        void ranInTurn(boolean inTime);

        /**
         * Events ran on a caller that waits, by {@link NestedCallbacks}.
         *
         * @param inTime whether they were done soon
         * @param interrupted whether the caller had to be interrupted in them
         */
        default void ranOnCaller(boolean inTime, boolean interrupted) {}

        /** The executor does not take the call's events. */
        void rejected(RejectedExecutionException e);
    }

    private final Events events;
    /** Named by the call, channel or server; null for the reading thread. */
    private volatile @Nullable Executor executor;
    /** There may be something to deliver. */
    private volatile boolean dirty;
    /** Given to an executor and not begun. Only through {@link #SCHEDULED}. */
    private volatile boolean scheduled;
    /** Somebody is in {@link Events#deliver}. Only through {@link #RUNNING}. */
    private volatile boolean running;
    /** The port whose {@link FramePort#await} a thread is in for this call; null if none is. */
    private volatile @Nullable FramePort awaiting;

    CallRunner(Events events, @Nullable Executor executor) {
        this.events = events;
        this.executor = executor;
    }

    void executor(Executor named) {
        executor = named;
    }

    @Nullable Executor executor() {
        return executor;
    }

    boolean isDirty() {
        return dirty;
    }

    /** From now on events are left to the waiting thread, which looks at {@link #isDirty}. */
    void beginAwait(FramePort port) {
        awaiting = port;
    }

    /** The waiting thread leaves; it must {@link #run} once more afterwards. */
    void endAwait() {
        awaiting = null;
    }

    /**
     * There is something to deliver. The last thing that a reading thread does with a frame, as the turn
     * may be lost in user code.
     *
     * @param turn of this thread if it is reading
     */
    void signal(@Nullable ReadTurn turn) {
        dirty = true;
        if (running) {
            // Whoever runs looks at dirty once more after it has stopped running.
            return;
        }
        FramePort port = awaiting;
        if (port != null) {
            port.wake((Waiter) events);
        } else if (executor != null) {
            schedule(executor);
        } else if (turn != null && turn.tryEnterUserCode()) {
            runInTurn(turn);
        } else {
            schedule(CommonExecutor.INSTANCE);
        }
    }

    private void runInTurn(ReadTurn turn) {
        boolean inTime = false;
        try {
            run();
        } finally {
            if (Context.current() != Context.ROOT) {
                Context.ROOT.attach();
            }
            inTime = turn.leaveUserCode() || turn.onlyWaited();
        }
        events.ranInTurn(inTime);
    }

    /** See {@link Events#ranOnCaller}. */
    void ranOnCaller(boolean inTime, boolean interrupted) {
        events.ranOnCaller(inTime, interrupted);
    }

    private void schedule(Executor chosen) {
        if (!SCHEDULED.compareAndSet(this, false, true)) {
            return;
        }
        if (chosen instanceof NamedExecutor shared) {
            shared.run(this);
            return;
        }
        try {
            chosen.execute(this);
        } catch (RejectedExecutionException e) {
            rejected(e);
        }
    }

    /** The executor that was to run the events does not. */
    void rejected(RejectedExecutionException e) {
        events.rejected(e);
        CommonExecutor.INSTANCE.execute(this);
    }

    @Override
    public void run() {
        if (scheduled) {
            scheduled = false;
        }
        do {
            if (!RUNNING.compareAndSet(this, false, true)) {
                return;
            }
            try {
                while (dirty) {
                    dirty = false;
                    events.deliver();
                }
            } finally {
                running = false;
            }
        } while (dirty);
    }
}
