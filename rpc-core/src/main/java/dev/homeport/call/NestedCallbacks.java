package dev.homeport.call;

import dev.homeport.spi.FramePort;
import dev.homeport.spi.Waiter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Callbacks that the peer makes in a call whose caller waits for the reply: that caller runs them, one at a time.
 * What comes while it runs one goes to the common executor, so that a callback which waits for another is never
 * behind it. Any thread gives; the waiting thread takes.
 */
final class NestedCallbacks implements Executor {
    private static final Runnable BUSY = () -> {};
    private static final VarHandle NEXT;

    static {
        try {
            NEXT = MethodHandles.lookup().findVarHandle(NestedCallbacks.class, "next", Runnable.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final FramePort port;
    private final Waiter waiter;
    /** What the caller is to run; {@link #BUSY} while it runs something, and after it has left. */
    private volatile @Nullable Runnable next;

    /** @param waiter the call, in {@link FramePort#await} or about to be */
    NestedCallbacks(FramePort port, Waiter waiter) {
        this.port = port;
        this.waiter = waiter;
    }

    @Override
    public void execute(Runnable callback) {
        if (NEXT.compareAndSet(this, (Runnable) null, callback)) {
            port.wake(waiter);
        } else {
            CommonExecutor.INSTANCE.execute(callback);
        }
    }

    boolean isThere() {
        return next != null;
    }

    /** Runs what is there. By the waiting thread. */
    void run() {
        Runnable callback = next;
        if (callback == null) {
            return;
        }
        next = BUSY;
        callback.run();
        next = null;
    }

    /** The caller waits no more. */
    void close() {
        Runnable left = (Runnable) NEXT.getAndSet(this, BUSY);
        if (left != null && left != BUSY) {
            CommonExecutor.INSTANCE.execute(left);
        }
    }
}
