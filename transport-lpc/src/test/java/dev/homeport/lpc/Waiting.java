package dev.homeport.lpc;

import dev.homeport.spi.Waiter;
import org.jspecify.annotations.Nullable;

/** A caller that waits for no longer than the test says. */
class Waiting implements Waiter {
    private volatile @Nullable Object slot;
    volatile boolean done;

    @Override
    public boolean isDone() {
        return done;
    }

    @Override
    public long deadlineNanos() {
        return NO_DEADLINE;
    }

    @Override
    public @Nullable Object slot() {
        return slot;
    }

    @Override
    public void slot(@Nullable Object noted) {
        slot = noted;
    }
}
