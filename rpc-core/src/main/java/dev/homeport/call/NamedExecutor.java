package dev.homeport.call;

import io.grpc.Context;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An executor that a channel or server named, as the calls of one connection use it: those with something to deliver
 * wait here, and one task there runs several of them. A task of each call's own costs a wake-up of the executor's
 * thread, which is more than all the rest of a small call. Any thread.
 *
 * <p>No call waits for another's user code: before a task enters any, it has made sure that a further task waits at the
 * executor for the calls that remain. So as many run side by side as the executor has threads.
 */
final class NamedExecutor implements Executor {
    /** Calls that one task runs before it queues up again, behind what the program has given the executor itself. */
    static final int CALLS_OF_A_TASK = 16;

    /**
     * A task that has not begun after so long is not relied on: the executor's threads are all busy, or it has dropped
     * its tasks, as {@code shutdownNow} does. One more is then given for each event, as without sharing.
     */
    private static final long TRUSTED_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /**
     * Times that a task which has nothing left steps aside for who may bring more, before it ends. With this and the
     * reader's {@link #stepAside}, two processors made 1.7 million calls a second of 0.8; with either alone, fewer
     * than before (2026-11-23).
     */
    private static final int STEPS_ASIDE = 2;

    private static final VarHandle TASK_WAITS;

    static {
        try {
            TASK_WAITS = MethodHandles.lookup().findVarHandle(NamedExecutor.class, "taskWaits", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Executor named;
    /** Have something to deliver, and are to be run. */
    private final Queue<CallRunner> waiting = new ConcurrentLinkedQueue<>();
    /** The executor has a task that has not begun. Set only through {@link #TASK_WAITS}. */
    private volatile boolean taskWaits;
    /** When the last task was given to the executor. */
    private volatile long givenNanos;
    /** Something was added since the reader looked. A hint: threads may overwrite each other's. */
    private boolean added;

    private NamedExecutor(Executor named) {
        this.named = named;
    }

    static @Nullable NamedExecutor of(@Nullable Executor named) {
        return named == null ? null : new NamedExecutor(named);
    }

    /** Whether it stands for that executor. */
    boolean standsFor(@Nullable Executor other) {
        return named == other;
    }

    /** Runs a task that is no call's, by itself. */
    @Override
    public void execute(Runnable task) {
        named.execute(task);
    }

    /** Has the call's events run; or rejects it, and all others that wait, if the executor takes no task. */
    void run(CallRunner call) {
        waiting.add(call);
        added = true;
        try {
            ensureTask(new Task(null));
        } catch (RejectedExecutionException e) {
            rejectAll(e);
        }
    }

    private void rejectAll(RejectedExecutionException e) {
        for (CallRunner next = waiting.poll(); next != null; next = waiting.poll()) {
            next.rejected(e);
        }
    }

    /**
     * By the thread that has read a batch: leaves the processor to the threads of the executor. A reader that polls on
     * would keep them from it where processors are few.
     */
    void stepAside() {
        if (added) {
            added = false;
            if (!waiting.isEmpty()) {
                Thread.yield();
            }
        }
    }

    private void ensureTask(Task task) {
        if (!TASK_WAITS.compareAndSet(this, false, true) && System.nanoTime() - givenNanos < TRUSTED_NANOS) {
            return;
        }
        givenNanos = System.nanoTime();
        try {
            named.execute(task);
        } catch (Throwable t) {
            taskWaits = false;
            throw t;
        }
    }

    /** What the executor is given. */
    private final class Task implements Runnable {
        /** Is handing on, and goes on by itself if the executor would run the task within that; null: it may. */
        private @Nullable Thread giver;

        private boolean isRefused;

        Task(@Nullable Thread giver) {
            this.giver = giver;
        }

        @Override
        public void run() {
            // Before the first look: who added earlier relies on this task, who adds later gives another.
            taskWaits = false;
            if (giver == Thread.currentThread()) {
                isRefused = true;
            } else {
                runWaiting();
            }
        }
    }

    private void runWaiting() {
        Context context = Context.current();
        int stepsAside = 0;
        int calls = 0;
        while (calls < CALLS_OF_A_TASK || !tryHandOn()) {
            CallRunner next = waiting.poll();
            if (next == null) {
                if (stepsAside++ == STEPS_ASIDE) {
                    return;
                }
                Thread.yield();
                continue;
            }
            stepsAside = 0;
            calls++;
            tryHandOn();
            next.run();
            if (Context.current() != context) {
                context.attach();
            }
            if (Thread.currentThread().isInterrupted()) {
                // Left behind by a listener, or the executor's own sign: not for the next call.
                leaveInterrupted();
                return;
            }
        }
    }

    private void leaveInterrupted() {
        if (!tryHandOn()) {
            rejectAll(new RejectedExecutionException("interrupted, and the executor takes no task"));
        }
    }

    /** Sees to it that a task waits for the calls that remain; false if the executor takes none. */
    private boolean tryHandOn() {
        if (waiting.isEmpty()) {
            return true;
        }
        Task task = new Task(Thread.currentThread());
        try {
            ensureTask(task);
            return !task.isRefused;
        } catch (RuntimeException | Error e) {
            // As of a pool that is shutting down, or has no memory for one more thread: this one goes on.
            return false;
        } finally {
            task.giver = null;
        }
    }
}
