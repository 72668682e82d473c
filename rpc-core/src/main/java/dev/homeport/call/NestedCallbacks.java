package dev.homeport.call;

import io.grpc.Deadline;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Callbacks that the peer makes in a call whose caller waits for the reply: that caller runs them, one at a time.
 * What comes while it runs one goes to the common executor, so that a callback which waits for another is never
 * behind it. Any thread gives; the waiting thread takes.
 *
 * <p>A callback must not keep the caller when its own call is over. Whoever ends the call, or the callback, interrupts
 * the caller's thread if it is in the callback then; the interrupt is taken back when the callback returns, so that no
 * code behind it sees it. One that does not heed it keeps the caller, once: its method runs elsewhere from then on.
 */
public final class NestedCallbacks implements Executor {
    /**
     * A callback that runs longer is slow. What it costs to run it elsewhere, a change of thread, is less than a hundredth
     * of that; and a pause of the collector or the scheduler is mostly shorter.
     */
    static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final Runnable BUSY = () -> {};
    private static final Runnable CLOSED = () -> {};
    private static final VarHandle NEXT;

    static {
        try {
            NEXT = MethodHandles.lookup().findVarHandle(NestedCallbacks.class, "next", Runnable.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Runnable wake;
    private final @Nullable Deadline deadline;
    private final Runnable atDeadline;
    /** What the caller is to run; {@link #BUSY} while it runs something, {@link #CLOSED} after it has left. */
    private volatile @Nullable Runnable next;
    /** Runs from the first callback on. */
    private volatile @Nullable Future<?> deadlineTimer;

    /** Guards what follows. Nothing is called under it but {@link Thread#interrupt}. */
    private final Object runLock = new Object();
    /** The thread that runs callbacks while it does. */
    private @Nullable Thread caller;
    /** What it runs. */
    private @Nullable Runnable running;
    /** It was interrupted from here. */
    private boolean interrupted;
    /** The call has ended: its caller is to return. */
    private boolean over;

    /**
     * @param wake makes the waiting thread, which waits or is about to, {@link #run}
     * @param deadline of the call, which nobody else looks at while its caller is in a callback; or null
     * @param atDeadline ends the call then
     */
    public NestedCallbacks(Runnable wake, @Nullable Deadline deadline, Runnable atDeadline) {
        this.wake = wake;
        this.deadline = deadline;
        this.atDeadline = atDeadline;
    }

    @Override
    public void execute(Runnable callback) {
        if (NEXT.compareAndSet(this, (Runnable) null, callback)) {
            wake.run();
        } else {
            CommonExecutor.INSTANCE.execute(callback);
        }
    }

    public boolean isThere() {
        return next != null;
    }

    /** Runs what is there. By the waiting thread, which may be in here already. */
    public void run() {
        Runnable callback = next;
        if (callback == null || callback == BUSY || callback == CLOSED
                || !NEXT.compareAndSet(this, callback, BUSY)) {
            return;
        }
        try {
            watchDeadline();
            if (enter(callback)) {
                runHere(callback);
            } else {
                CommonExecutor.INSTANCE.execute(callback);
            }
        } finally {
            NEXT.compareAndSet(this, BUSY, (Runnable) null);
        }
    }

    private void runHere(Runnable callback) {
        long begun = System.nanoTime();
        boolean kept = false;
        try {
            callback.run();
        } finally {
            kept = leave();
        }
        if (callback instanceof CallRunner call) {
            call.ranOnCaller(System.nanoTime() - begun < SLOW_NANOS, kept);
        }
    }

    /** The caller waits no more. By its thread, or before it has run anything. */
    public void close() {
        Future<?> timer = deadlineTimer;
        if (timer != null) {
            timer.cancel(false);
        }
        Runnable left = (Runnable) NEXT.getAndSet(this, CLOSED);
        if (left != null && left != BUSY && left != CLOSED) {
            CommonExecutor.INSTANCE.execute(left);
        }
    }

    // ---- the end of the call, and of a callback ----

    private void watchDeadline() {
        Deadline at = deadline;
        if (at != null && deadlineTimer == null) {
            deadlineTimer = at.runOnExpiration(this::expire, Timers.INSTANCE);
        }
    }

    private void expire() {
        atDeadline.run();
        end();
    }

    /** The call is over, and not by a reply: its caller runs nothing more, and is to return soon. Any thread. */
    public void end() {
        Runnable held;
        synchronized (runLock) {
            over = true;
            held = running;
        }
        if (held != null) {
            interrupt(held);
        }
    }

    /**
     * A callback is over while its handler may still run: the caller is not kept by it if it is there. Any thread.
     * By another one, as an interrupt may close what the caller reads or writes, and who calls may read a port.
     */
    void interrupt(Runnable callback) {
        boolean held;
        synchronized (runLock) {
            held = running == callback;
        }
        if (held) {
            CommonExecutor.INSTANCE.execute(() -> interruptIn(callback));
        }
    }

    private void interruptIn(Runnable callback) {
        synchronized (runLock) {
            // Who was interrupted by somebody else is not to be told twice, nor to lose that when it is taken back.
            if (running == callback && !interrupted && !caller.isInterrupted()) {
                interrupted = true;
                caller.interrupt();
            }
        }
    }

    /** False if the caller is to run nothing more. */
    private boolean enter(Runnable callback) {
        synchronized (runLock) {
            if (over) {
                return false;
            }
            caller = Thread.currentThread();
            running = callback;
            return true;
        }
    }

    /** Takes the interrupt back if there was one, and tells whether there was. */
    private boolean leave() {
        synchronized (runLock) {
            running = null;
            caller = null;
            boolean taken = interrupted;
            interrupted = false;
            if (taken) {
                Thread.interrupted();
            }
            return taken;
        }
    }
}
