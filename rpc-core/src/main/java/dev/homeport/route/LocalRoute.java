package dev.homeport.route;

import dev.homeport.Route;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The local side of one channel: the connection in use, the attempt to get one, and the calls that wait
 * for that attempt. Owned by its {@link RoutedChannel}; any thread may call it, and none is held up. No
 * user code runs under the lock, nor any method of a path but {@link LocalPath#acceptsCalls}.
 */
final class LocalRoute {
    /**
     * How long the first calls of a process wait for its first local set-up. Loading the classes of it takes
     * some 150 ms, those of grpc-netty about twice that: going remote at once would be no quicker.
     */
    private static final long COLD_WAIT_NANOS = 1_000_000_000;

    private static final Logger LOG = Logger.getLogger("dev.homeport.route");

    /** How an attempt is made; blocks. */
    @FunctionalInterface
    interface Attempt {
        Outcome run();

        /** Whether this process has yet to load what an attempt needs, which takes longer than the attempt. */
        default boolean isCold() {
            return false;
        }
    }

    /** What became of an attempt. */
    sealed interface Outcome {
        record Open(LocalPath path) implements Outcome {}

        /**
         * @param reason in words
         * @param holdsNanos for how long asking again is useless; 0: ask at the usual interval
         */
        record None(String reason, long holdsNanos) implements Outcome {}
    }

    /** How long a call waits for a connection. In this order. */
    enum Patience {
        /** Until the attempt has an outcome, and no longer than the connect wait. Goes remote then. */
        BRIEF,
        /** Until the attempt has an outcome. Fails without a connection. */
        ATTEMPT,
        /** Until there is a connection, however many attempts it takes. */
        UNLIMITED
    }

    /** A call that waits. Told once, by a thread of routing, which it must not hold up. */
    interface Waiter {
        Patience patience();

        void onPath(LocalPath path);

        void onNoPath(String reason);
    }

    /** How long things take. */
    record Times(long connectWaitNanos, long lookupIntervalNanos) {}

    private final Attempt attempt;
    private final Times times;
    private final Executor connectors;
    private final LocalPaths paths;
    private final RouteNote note;
    private final Runnable onChange;

    // Read without the lock on the way of every call, written under it.
    private volatile @Nullable LocalPath path;
    private volatile long nextAttemptNanos = System.nanoTime();
    private volatile boolean briefWait = true;

    /** Protects what follows, and writes of what is above. */
    private final Object lock = new Object();
    private final List<Waiter> waiters = new ArrayList<>();
    private boolean attempting;
    /** Whether the next attempt is the first, or the first after a loss: such are worth a brief wait. */
    private boolean fresh = true;
    private boolean failed;
    private boolean retryScheduled;
    /** Whether only calls that wait already are served: what a shut-down channel owes them. */
    private boolean closed;

    /** @param onChange told when the state may have changed; runs without the lock */
    LocalRoute(
            Attempt attempt, Times times, Executor connectors, LocalPaths paths, RouteNote note, Runnable onChange) {
        this.attempt = attempt;
        this.times = times;
        this.connectors = connectors;
        this.paths = paths;
        this.note = note;
        this.onChange = onChange;
    }

    /** The connection that takes calls now, or null. */
    @Nullable LocalPath path() {
        LocalPath current = path;
        return current != null && current.acceptsCalls() ? current : null;
    }

    /** Begins an attempt if one is due, and tells whether a call of this patience has something to wait for. */
    boolean isWorthWaiting(Patience patience) {
        if (patience == Patience.BRIEF && !briefWait && path == null && System.nanoTime() - nextAttemptNanos < 0) {
            return false;
        }
        boolean begun;
        boolean worth;
        synchronized (lock) {
            begun = beginIfDue();
            worth = isServed(patience);
        }
        if (begun) {
            launch();
        }
        return worth;
    }

    private boolean isServed(Patience patience) {
        return switch (patience) {
            case BRIEF -> attempting && briefWait;
            case ATTEMPT -> attempting;
            case UNLIMITED -> true;
        };
    }

    /** Has the waiter told as soon as its patience is rewarded or over, which may be at once. */
    void await(Waiter waiter) {
        LocalPath found;
        synchronized (lock) {
            found = path();
            if (found == null && isServed(waiter.patience())) {
                waiters.add(waiter);
                scheduleRetry();
                return;
            }
        }
        tell(List.of(waiter), found);
    }

    /** Takes back what {@link #await} was given; nothing if it was told already. */
    void forget(Waiter waiter) {
        synchronized (lock) {
            waiters.remove(waiter);
        }
    }

    private boolean beginIfDue() {
        if (path != null && path() == null) {
            // A call may be quicker than the path's own word of its end.
            expectSuccessor();
        }
        boolean due = fresh || System.nanoTime() - nextAttemptNanos >= 0;
        boolean wanted = !closed || !waiters.isEmpty();
        if (!due || !wanted || attempting || path() != null) {
            return false;
        }
        attempting = true;
        briefWait = fresh;
        fresh = false;
        return true;
    }

    private void launch() {
        if (briefWait) {
            // Not on the timer's thread: what waits may have to marshal a message.
            long waitNanos = attempt.isCold()
                    ? Math.max(times.connectWaitNanos(), COLD_WAIT_NANOS)
                    : times.connectWaitNanos();
            RouteThreads.after(waitNanos, () -> RouteThreads.calls().execute(this::endBriefWait));
        }
        connectors.execute(this::runAttempt);
        onChange.run();
    }

    private void endBriefWait() {
        List<Waiter> told;
        synchronized (lock) {
            briefWait = false;
            told = takeWaiters(Patience.BRIEF);
        }
        tell(told, null);
    }

    private void runAttempt() {
        Outcome outcome;
        try {
            outcome = attempt.run();
        } catch (RuntimeException | LinkageError e) {
            LOG.log(Level.WARNING, "local set-up failed unexpectedly", e);
            outcome = new Outcome.None("local set-up failed: " + e, 0);
        }
        switch (outcome) {
            case Outcome.Open(LocalPath found) -> onFound(found);
            case Outcome.None none -> onNone(none);
        }
        onChange.run();
    }

    private void onFound(LocalPath found) {
        List<Waiter> told;
        boolean kept = paths.add(found);
        synchronized (lock) {
            endAttempt(times.lookupIntervalNanos());
            path = kept && !closed ? found : null;
            failed = false;
            told = takeWaiters(Patience.UNLIMITED);
        }
        if (!kept) {
            found.shutdownNow(Status.UNAVAILABLE.withDescription("Channel shutdown invoked"));
            tell(told, null);
            return;
        }
        note.set(found.route());
        tell(told, found);
        found.whenDraining(() -> onDraining(found));
        paths.watch(found);
    }

    private void onNone(Outcome.None none) {
        List<Waiter> told;
        note.set(Route.remote(none.reason()));
        synchronized (lock) {
            endAttempt(Math.max(none.holdsNanos(), times.lookupIntervalNanos()));
            failed = true;
            told = takeWaiters(Patience.ATTEMPT);
            scheduleRetry();
        }
        tell(told, null);
    }

    private void endAttempt(long pauseNanos) {
        attempting = false;
        briefWait = false;
        nextAttemptNanos = System.nanoTime() + pauseNanos;
    }

    /** Removes and returns the waiters up to this patience. */
    private List<Waiter> takeWaiters(Patience upTo) {
        List<Waiter> taken = new ArrayList<>();
        waiters.removeIf(waiter -> waiter.patience().compareTo(upTo) <= 0 && taken.add(waiter));
        return taken;
    }

    private void tell(List<Waiter> told, @Nullable LocalPath found) {
        for (Waiter waiter : told) {
            if (found != null) {
                waiter.onPath(found);
            } else {
                waiter.onNoPath(note.route().reason());
            }
        }
    }

    /** Calls that wait without limit have nobody else who would look again for them. */
    private void scheduleRetry() {
        if (!retryScheduled && !attempting && !waiters.isEmpty()) {
            retryScheduled = true;
            RouteThreads.after(Math.max(0, nextAttemptNanos - System.nanoTime()), this::retry);
        }
    }

    private void retry() {
        boolean begun;
        synchronized (lock) {
            retryScheduled = false;
            begun = !waiters.isEmpty() && beginIfDue();
            if (!begun) {
                scheduleRetry();
            }
        }
        if (begun) {
            launch();
        }
    }

    private void onDraining(LocalPath lost) {
        synchronized (lock) {
            if (path != lost) {
                return;
            }
            expectSuccessor();
        }
        note.set(Route.remote("the local connection by " + lost.route().port() + " takes no more calls"));
        onChange.run();
    }

    private void expectSuccessor() {
        path = null;
        fresh = true;
        failed = false;
        briefWait = true;
        nextAttemptNanos = System.nanoTime();
    }

    /** From here on only calls that wait already are served. */
    void refuseNewCalls() {
        synchronized (lock) {
            closed = true;
            path = null;
        }
    }

    /** State of this side alone: what a channel without TCP shows. */
    ConnectivityState state() {
        synchronized (lock) {
            if (path() != null) {
                return ConnectivityState.READY;
            }
            return attempting ? ConnectivityState.CONNECTING
                    : failed ? ConnectivityState.TRANSIENT_FAILURE : ConnectivityState.IDLE;
        }
    }

    /** Lets the connection go in good order; the next call looks again. */
    void enterIdle() {
        LocalPath current = path;
        if (current != null) {
            onDraining(current);
            current.shutdown();
        }
    }

    /** The next call looks again at once. */
    void resetBackoff() {
        synchronized (lock) {
            nextAttemptNanos = System.nanoTime();
        }
    }
}
