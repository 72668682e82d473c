package dev.homeport.spi;

import org.jspecify.annotations.Nullable;

/**
 * Something a thread waits for in {@link FramePort#await}. The engine's blocking call extends it; the
 * transport keeps its own note in {@link #slot}.
 */
public abstract class Waiter {
    /** {@link #deadlineNanos} of a waiter that waits for as long as it takes. */
    public static final long NO_DEADLINE = Long.MAX_VALUE;

    /** For the transport alone: what it needs to wake the waiting thread. */
    public volatile @Nullable Object slot;

    /** Whether the waiting thread has something to do. Any thread; a volatile read or as good as one. */
    public abstract boolean isDone();

    /** {@link System#nanoTime} at which to return in any case, or {@link #NO_DEADLINE}. */
    public abstract long deadlineNanos();
}
