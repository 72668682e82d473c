package dev.homeport.call;

import dev.homeport.spi.ReadTurn;
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
    private static final int IDLE = 0;
    /** There may be something to deliver. */
    private static final int DIRTY = 1;
    /** Somebody is in {@link Events#deliver}. */
    private static final int RUNNING = 2;
    /** Given to an executor and not begun. */
    private static final int SCHEDULED = 4;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(CallRunner.class, "state", int.class);
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
    /**
     * Named by the call, channel or server; null for the reading thread. Then nobody awaits the call: who waits runs its
     * events as tasks of an executor.
     */
    private @Nullable Executor executor;
    /** Bits of the above in one word: each step of a signal against each step of a run. Written through {@link #STATE}. */
    private volatile int state;
    /** Who is in {@link Events#deliver}: only a thread that finds itself here may rely on it. */
    private @Nullable Thread deliverer;
    /** The deliverer has signalled itself. */
    private boolean signalledAgain;
    /** The thread that waits for the call's events, to run them; null if none does. */
    private volatile @Nullable ReplyWait awaiting;

    CallRunner(Events events, @Nullable Executor executor) {
        this.events = events;
        this.executor = executor;
    }

    /** Before the first signal: with the turn to read, without which nobody tells the call of an end. */
    void executor(Executor named) {
        executor = named;
    }

    @Nullable Executor executor() {
        return executor;
    }

    boolean isDirty() {
        return (state & DIRTY) != 0;
    }

    /** From now on events are left to the waiting thread, which looks at {@link #isDirty}. */
    void beginAwait(ReplyWait waiting) {
        awaiting = waiting;
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
        if (deliverer == Thread.currentThread()) {
            signalledAgain = true;
        } else if (turn != null && executor == null && state == IDLE && turn.tryEnterUserCode()) {
            runInTurn(turn);
        } else if (((int) STATE.getAndBitwiseOr(this, DIRTY) & RUNNING) == 0) {
            // Else whoever runs looks for it once more before it stops.
            leaveToOthers(turn);
        }
    }

    private void leaveToOthers(@Nullable ReadTurn turn) {
        ReplyWait waiting = awaiting;
        if (waiting != null) {
            waiting.wake();
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
            if (STATE.compareAndSet(this, IDLE, RUNNING)) {
                deliver();
            } else {
                STATE.getAndBitwiseOr(this, DIRTY);
                run();
            }
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
        if (((int) STATE.getAndBitwiseOr(this, SCHEDULED) & SCHEDULED) != 0) {
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
        int now;
        boolean begins;
        do {
            now = state;
            begins = (now & (RUNNING | DIRTY)) == DIRTY;
            if (!begins && (now & SCHEDULED) == 0) {
                return;
            }
        } while (!STATE.compareAndSet(this, now, begins ? RUNNING : now & ~SCHEDULED));
        if (begins) {
            deliver();
        }
    }

    /** Until there is nothing left. By the thread that set RUNNING. */
    private void deliver() {
        boolean stopped = false;
        try {
            do {
                deliverer = Thread.currentThread();
                do {
                    signalledAgain = false;
                    events.deliver();
                } while (signalledAgain);
                stopped = tryStop();
            } while (!stopped);
        } finally {
            if (!stopped) {
                deliverer = null;
                STATE.getAndBitwiseAnd(this, ~RUNNING);
            }
        }
    }

    /** Stops running; false if another thread has signalled, which counts as seen then. */
    private boolean tryStop() {
        // Not after: the next deliverer may be there at once.
        deliverer = null;
        int now;
        do {
            now = state;
            if ((now & DIRTY) != 0) {
                STATE.getAndBitwiseAnd(this, ~DIRTY);
                return false;
            }
        } while (!STATE.compareAndSet(this, now, now & ~RUNNING));
        return true;
    }
}
