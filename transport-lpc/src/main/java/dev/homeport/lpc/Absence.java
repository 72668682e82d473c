package dev.homeport.lpc;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The short absence of a caller that has read a port, serves a callback and will read on. Nobody reads meanwhile and
 * the peer does not ring; if the absence outlasts two ticks of the {@link Watchdog}, the port is left to its bell.
 */
final class Absence {
    private static final int NONE = 0;
    /** Ticks without an absence before the watchdog looks no more. */
    private static final int QUIET_TICKS = 2;

    /** Number of the present absence, or {@link #NONE}. */
    private final AtomicInteger current = new AtomicInteger(NONE);
    /** The watchdog looks at each tick. */
    private final AtomicBoolean watched = new AtomicBoolean();
    /** With the role of the port. */
    private int last;

    // Of the watchdog.
    private int seen;
    private int quietTicks;

    /** With the role. Returns whether the watchdog has to be told. */
    boolean begin() {
        int next = last + 1;
        last = next == NONE ? 1 : next;
        current.set(last);
        // Partner: needsWatching, which takes the flag back and then looks for an absence.
        return !watched.get() && watched.compareAndSet(false, true);
    }

    void end() {
        if (isOn()) {
            current.set(NONE);
        }
    }

    boolean isOn() {
        return current.get() != NONE;
    }

    /** At each tick. Returns whether an absence has lasted for too long; it has ended then. By the watchdog. */
    boolean hasLasted() {
        int now = current.get();
        quietTicks = now == NONE && seen == NONE ? quietTicks + 1 : 0;
        boolean same = now == seen;
        seen = now;
        return now != NONE && same && current.compareAndSet(now, NONE);
    }

    /** After {@link #hasLasted}. Returns whether there is anything to watch: not after some ticks without. By the watchdog. */
    boolean needsWatching() {
        if (quietTicks < QUIET_TICKS) {
            return true;
        }
        quietTicks = 0;
        watched.set(false);
        // Partner: begin. Who sets the flag first sees to it that the port is watched, once.
        return isOn() && watched.compareAndSet(false, true);
    }
}
