package dev.homeport.spi;

import org.jspecify.annotations.Nullable;

/**
 * Something a thread waits for in {@link FramePort#await}. The engine implements it for the caller of a blocking stub; the
 * transport keeps its own note in {@link #slot}.
 */
public interface Waiter {
    /** {@link #deadlineNanos} of a waiter that waits for as long as it takes. */
    long NO_DEADLINE = Long.MAX_VALUE;

    /** Whether the waiting thread has something to do. Any thread; a volatile read or as good as one. */
    boolean isDone();

    /**
     * Whether what there is to do is short and the thread waits again at once: a callback made in the call. Only the
     * waiting thread asks, when {@link #isDone}.
     */
    default boolean comesBack() {
        return false;
    }

    /** {@link System#nanoTime} at which to return in any case, or {@link #NO_DEADLINE}. */
    long deadlineNanos();

    /** What {@link #slot(Object)} last noted. A volatile read. */
    @Nullable Object slot();

    /**
     * For the transport alone: what it needs to wake the waiting thread. A release write: the thread has a full fence
     * between it and its last look at {@link #isDone} before it sleeps.
     */
    void slot(@Nullable Object slot);
}
