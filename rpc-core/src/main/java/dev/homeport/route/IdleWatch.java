package dev.homeport.route;

import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Notices, once, that nothing has moved on a connection for a whole idle time: between one and two idle
 * times after the last frame. Costs the connection nothing. Owned by whoever closes the connection, who
 * stops it at the end so that no timer keeps what has ended.
 */
public final class IdleWatch {
    /** An idle time that never passes. */
    public static final long NEVER = Long.MAX_VALUE;

    private final long idleNanos;
    private final LongSupplier frames;
    private final BooleanSupplier busy;
    private final Runnable onIdle;

    // Guarded by this.
    private @Nullable Future<?> next;
    private boolean stopped;

    private IdleWatch(long idleNanos, LongSupplier frames, BooleanSupplier busy, Runnable onIdle) {
        this.idleNanos = idleNanos;
        this.frames = frames;
        this.busy = busy;
        this.onIdle = onIdle;
    }

    /**
     * @param frames sent and read so far
     * @param busy whether something is open although nothing moves
     * @param onIdle must not block
     */
    public static IdleWatch start(
            long idleNanos, LongSupplier frames, BooleanSupplier busy, Runnable onIdle) {
        IdleWatch watch = new IdleWatch(idleNanos, frames, busy, onIdle);
        if (idleNanos != NEVER) {
            watch.lookLater(frames.getAsLong());
        }
        return watch;
    }

    private synchronized void lookLater(long framesBefore) {
        if (!stopped) {
            next = RouteThreads.after(idleNanos, () -> look(framesBefore));
        }
    }

    private void look(long framesBefore) {
        long now = frames.getAsLong();
        if (now == framesBefore && !busy.getAsBoolean()) {
            onIdle.run();
        } else {
            lookLater(now);
        }
    }

    public synchronized void stop() {
        stopped = true;
        if (next != null) {
            next.cancel(false);
        }
    }
}
