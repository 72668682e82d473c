package dev.homeport.route;

import dev.homeport.call.ServerSettings;
import dev.homeport.carry.ClientCarrier;
import io.grpc.Attributes;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The carrying stream of one channel that serves callbacks: the one in use, the attempt to open one, and the calls
 * that wait for that attempt. Opened by a call, as a call can be called back only if it names the stream, and opened
 * anew by the next call once it has ended. Owned by {@link RoutedChannel}; any thread, and none is held up. Nothing
 * is called under the lock.
 */
final class Carriers {
    private static final Logger LOG = Logger.getLogger("dev.homeport.route");

    /** A server that takes the stream and does not answer is none of ours; an answer takes a round trip. */
    private static final long ANSWER_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** A server that refused is not asked again for so long. */
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** A call that waits. Told once; must not block. */
    interface Waiter {
        boolean isPatient();

        void proceed();
    }

    private final ManagedChannel remote;
    private final CallDefaults defaults;
    private final long idleNanos;

    /** The stream that calls name, or null. Read without the lock on the way of every call. */
    private volatile @Nullable ClientCarrier live;
    private volatile long nextAttemptNanos = System.nanoTime();

    /** Protects what follows, and writes of what is above. */
    private final Object lock = new Object();
    private final List<Waiter> waiters = new ArrayList<>();
    private @Nullable Attempt attempt;
    private boolean shutdown;

    /** A stream that is being opened. */
    private static final class Attempt {
        final boolean patient;
        /** It was with a server and got no answer in time: nobody waits for it any more. */
        boolean overdue;
        @Nullable ClientCarrier carrier;

        Attempt(boolean patient) {
            this.patient = patient;
        }
    }

    /**
     * @param remote whose server is to call back
     * @param defaults with callbacks
     * @param idleNanos after which a stream nobody uses is ended, so that the channel can go idle
     */
    Carriers(ManagedChannel remote, CallDefaults defaults, long idleNanos) {
        this.remote = remote;
        this.defaults = defaults;
        this.idleNanos = idleNanos;
    }

    /** The stream that a call is to name which starts now, or null. */
    @Nullable ClientCarrier live() {
        return live;
    }

    /** Has the waiter told when there is a stream or none is to be had, which may be at once. */
    void await(Waiter waiter) {
        Attempt begun = null;
        boolean mayBeInVain = false;
        synchronized (lock) {
            if (isWorthWaiting(waiter)) {
                waiters.add(waiter);
                mayBeInVain = attempt != null && attempt.patient && !waiter.isPatient();
                if (attempt == null) {
                    begun = new Attempt(waiter.isPatient());
                    attempt = begun;
                }
                waiter = null;
            }
        }
        if (waiter != null) {
            waiter.proceed();
        }
        if (begun != null) {
            open(begun);
        }
        if (mayBeInVain) {
            watchForFailure();
        }
    }

    /** Calls that do not wait for a server have joined a stream that does: they go on once the server cannot be reached. */
    private void watchForFailure() {
        ConnectivityState state = remote.getState(false);
        List<Waiter> told = List.of();
        synchronized (lock) {
            if (attempt == null || !attempt.patient || waiters.stream().allMatch(Waiter::isPatient)) {
                return;
            }
            if (state == ConnectivityState.TRANSIENT_FAILURE) {
                told = takeWaiters(false);
            }
        }
        told.forEach(Waiter::proceed);
        if (told.isEmpty()) {
            remote.notifyWhenStateChanged(state, this::watchForFailure);
        }
    }

    private boolean isWorthWaiting(Waiter waiter) {
        if (shutdown || live != null || System.nanoTime() - nextAttemptNanos < 0) {
            return false;
        }
        Attempt current = attempt;
        if (current == null) {
            return true;
        }
        // A stream that waits for a server must not make a call wait which does not.
        return !current.overdue
                && (waiter.isPatient() || !current.patient
                        || remote.getState(false) != ConnectivityState.TRANSIENT_FAILURE);
    }

    /** Takes back what {@link #await} was given. */
    void forget(Waiter waiter) {
        synchronized (lock) {
            waiters.remove(waiter);
        }
    }

    private void open(Attempt begun) {
        Function<Attributes, ServerSettings> settings = defaults::callbackSettings;
        ClientCarrier carrier = ClientCarrier.open(
                remote, begun.patient, defaults.limits().maxMetadataBytes(), settings, new Events(begun));
        boolean unwanted;
        synchronized (lock) {
            begun.carrier = carrier;
            unwanted = shutdown;
        }
        if (unwanted) {
            carrier.retire();
        }
    }

    /** Ends the stream once the calls that name it have ended; the next call opens another. */
    void renew() {
        ClientCarrier old = live;
        if (old != null) {
            old.retire();
        }
    }

    /** Ends the stream once the calls that name it have ended, and opens none any more. */
    void shutdown() {
        List<Waiter> told;
        ClientCarrier opening;
        ClientCarrier old;
        synchronized (lock) {
            shutdown = true;
            told = takeWaiters(true);
            opening = attempt == null ? null : attempt.carrier;
            old = live;
        }
        told.forEach(Waiter::proceed);
        if (opening != null) {
            opening.retire();
        }
        if (old != null) {
            old.retire();
        }
    }

    private List<Waiter> takeWaiters(boolean patientToo) {
        List<Waiter> taken = new ArrayList<>();
        waiters.removeIf(waiter -> (patientToo || !waiter.isPatient()) && taken.add(waiter));
        return taken;
    }

    /** What becomes of one attempt. */
    private final class Events implements ClientCarrier.Owner {
        private final Attempt mine;
        private volatile @Nullable IdleWatch idle;

        Events(Attempt mine) {
            this.mine = mine;
        }

        @Override
        public void onSent(ClientCarrier carrier) {
            RouteThreads.after(ANSWER_WAIT_NANOS, this::overdue);
        }

        private void overdue() {
            List<Waiter> told = List.of();
            synchronized (lock) {
                if (attempt == mine) {
                    mine.overdue = true;
                    told = takeWaiters(true);
                }
            }
            told.forEach(Waiter::proceed);
        }

        @Override
        public void onReady(ClientCarrier carrier) {
            List<Waiter> told;
            boolean unwanted;
            synchronized (lock) {
                attempt = attempt == mine ? null : attempt;
                unwanted = shutdown;
                live = unwanted ? null : carrier;
                told = takeWaiters(true);
            }
            told.forEach(Waiter::proceed);
            if (unwanted) {
                carrier.retire();
                return;
            }
            idle = IdleWatch.start(idleNanos, carrier::movement, carrier::isBusy, carrier::retire);
        }

        @Override
        public void onGone(ClientCarrier carrier, Status why) {
            IdleWatch watch = idle;
            if (watch != null) {
                watch.stop();
            }
            List<Waiter> told = List.of();
            Attempt again = null;
            boolean refused = false;
            synchronized (lock) {
                if (live == carrier) {
                    live = null;
                } else if (attempt == mine) {
                    boolean unreachable = why.getCode() == Status.Code.UNAVAILABLE;
                    if (!unreachable) {
                        nextAttemptNanos = System.nanoTime() + PAUSE_NANOS;
                    }
                    refused = !unreachable;
                    told = takeWaiters(mine.patient || !unreachable);
                    again = waiters.isEmpty() ? null : new Attempt(true);
                    attempt = again;
                }
            }
            if (refused && why.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                LOG.log(Level.WARNING, "the server cannot call back, by its own word: {0}", why.getDescription());
            }
            told.forEach(Waiter::proceed);
            if (again != null) {
                open(again);
            }
        }
    }
}
