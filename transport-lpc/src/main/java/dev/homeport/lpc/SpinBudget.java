package dev.homeport.lpc;

import dev.homeport.lpc.syscall.Preemptions;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long it pays to look for a frame before sleeping. Spinning goes on while frames come, stops after a few times in
 * a row when none did, and after a run of sleeps tries again, so that neither steady nor sparse traffic pays for long.
 * Guarded by the turn to read; the count of spinners is the process's.
 */
final class SpinBudget {
    /** About two wake-ups of another core on a virtual machine with 2 cores (2026-11-22); spinning longer costs more. */
    static final long MAX_NANOS = 50_000;

    /**
     * A try of a reader outlasts a peer that has to be woken first and copies bodies then: with 50 us, callers of
     * 64 KiB that had once fallen asleep stayed so, at 80 us a call and not 27 (2026-11-23).
     */
    private static final long READERS_TRY_NANOS = 200_000;
    /** For a record whose body is being copied: 1 MiB takes some 100 us here, the handler's part before it not counted. */
    static final long CALLED_AHEAD_NANOS = 300_000;
    /** One delay must not stop what pays: the peer of a thread that slept has to be woken, which is a delay as well. */
    private static final int MAX_VAIN = 4;
    /** Sleeps without a try after spinning has stopped to pay; doubled by each try in vain. */
    private static final int MIN_SLEEPS_BETWEEN_TRIES = 16;
    /** Steady sleepers lose a microsecond a call to tries; busy ones find back within some milliseconds. */
    private static final int READERS_SLEEPS_BETWEEN_TRIES = 256;
    /** A caller tries only while the peer is awake; each try needs one of the peer's to succeed. */
    private static final int CALLERS_SLEEPS_BETWEEN_TRIES = 16;
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    /** One processor is left to the peer, which has to run for anything to come. */
    private static final int MAX_SPINNERS = PROCESSORS - 1;

    private static final AtomicInteger SPINNERS = new AtomicInteger();

    private final long tryNanos;
    private final int maxSleepsBetweenTries;
    /** How often this thread has lost its processor so far. */
    private final LongSupplier preemptions;
    /** Times in a row that nothing came. Spinning is off from {@link #MAX_VAIN} on. */
    private int vain;
    private int sleeps;
    private int sleepsBetweenTries = MIN_SLEEPS_BETWEEN_TRIES;
    private @Nullable Thread tries;
    private long preemptionsBeforeTry;

    SpinBudget(long tryNanos, int maxSleepsBetweenTries, LongSupplier preemptions) {
        this.tryNanos = tryNanos;
        this.maxSleepsBetweenTries = maxSleepsBetweenTries;
        this.preemptions = preemptions;
    }

    static SpinBudget ofReader() {
        return new SpinBudget(READERS_TRY_NANOS, READERS_SLEEPS_BETWEEN_TRIES, Preemptions::ofThisThread);
    }

    static SpinBudget ofCaller() {
        return new SpinBudget(MAX_NANOS, CALLERS_SLEEPS_BETWEEN_TRIES, Preemptions::ofThisThread);
    }

    /** Nanoseconds to spin now, or 0. Asked once for each chance to spin. */
    long nanos() {
        if (vain < MAX_VAIN) {
            return MAX_NANOS;
        }
        if (++sleeps < sleepsBetweenTries) {
            return 0;
        }
        sleeps = 0;
        sleepsBetweenTries = Math.min(2 * sleepsBetweenTries, maxSleepsBetweenTries);
        tries = Thread.currentThread();
        preemptionsBeforeTry = preemptions.getAsLong();
        return tryNanos;
    }

    /** The next chance is a try. */
    void tryNext() {
        sleeps = sleepsBetweenTries;
    }

    void paid() {
        if (vain >= MAX_VAIN && tries == Thread.currentThread() && preemptions.getAsLong() != preemptionsBeforeTry) {
            // It came because the peer was given our processor, as on the only one for both: sleeping gives it sooner.
            return;
        }
        tries = null;
        vain = 0;
        sleeps = 0;
        sleepsBetweenTries = MIN_SLEEPS_BETWEEN_TRIES;
    }

    void didNotPay() {
        if (vain < MAX_VAIN) {
            vain++;
        }
    }

    /** Whether this thread may spin beside those that do; {@link #endSpin} follows if so. */
    static boolean tryBeginSpin() {
        if (SPINNERS.incrementAndGet() <= MAX_SPINNERS) {
            return true;
        }
        SPINNERS.decrementAndGet();
        return false;
    }

    static void endSpin() {
        SPINNERS.decrementAndGet();
    }
}
