package dev.homeport.call;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Callbacks that the peer makes in a call whose caller waits for the reply: that caller runs them, one at a time.
 * What comes while it runs one goes to the common executor, so that a callback which waits for another is never
 * behind it. Any thread gives; the waiting thread takes.
 */
public final class NestedCallbacks implements Executor {
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
    /** What the caller is to run; {@link #BUSY} while it runs something, {@link #CLOSED} after it has left. */
    private volatile @Nullable Runnable next;

    /** @param wake makes the waiting thread, which waits or is about to, {@link #run} */
    public NestedCallbacks(Runnable wake) {
        this.wake = wake;
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
            callback.run();
        } finally {
            NEXT.compareAndSet(this, BUSY, (Runnable) null);
        }
    }

    /** The caller waits no more. */
    public void close() {
        Runnable left = (Runnable) NEXT.getAndSet(this, CLOSED);
        if (left != null && left != BUSY && left != CLOSED) {
            CommonExecutor.INSTANCE.execute(left);
        }
    }
}
