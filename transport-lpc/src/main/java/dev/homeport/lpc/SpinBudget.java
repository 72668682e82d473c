package dev.homeport.lpc;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long it pays to look for a frame before sleeping. Grows at once when a frame came while spinning,
 * halves when none did, and after a run of sleeps tries again, so that neither steady nor sparse traffic
 * pays for long. Guarded by the turn to read; the count of spinners is the process's.
 */
final class SpinBudget {
    /** About two wake-ups of another core on a virtual machine with 2 cores (2026-11-22); spinning longer costs more. */
    static final long MAX_NANOS = 50_000;

    private static final long MIN_NANOS = 2_000;
    /** Sleeps without a try after spinning has stopped to pay; doubled by each try in vain. */
    private static final int MIN_SLEEPS_BETWEEN_TRIES = 16;
    /** Steady sleepers lose a fraction of a microsecond a call to tries; busy ones find back within 10 ms. */
    private static final int READERS_SLEEPS_BETWEEN_TRIES = 256;
    /** A caller tries only while the peer is awake; each try needs one of the peer's to succeed. */
    private static final int CALLERS_SLEEPS_BETWEEN_TRIES = 16;
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    /** One processor is left to the peer, which has to run for anything to come. */
    private static final int MAX_SPINNERS = PROCESSORS - 1;

    private static final AtomicInteger SPINNERS = new AtomicInteger();

    private final int maxSleepsBetweenTries;
    private long nanos = MAX_NANOS;
    private int sleeps;
    private int sleepsBetweenTries = MIN_SLEEPS_BETWEEN_TRIES;

    private SpinBudget(int maxSleepsBetweenTries) {
        this.maxSleepsBetweenTries = maxSleepsBetweenTries;
    }

    static SpinBudget ofReader() {
        return new SpinBudget(READERS_SLEEPS_BETWEEN_TRIES);
    }

    static SpinBudget ofCaller() {
        return new SpinBudget(CALLERS_SLEEPS_BETWEEN_TRIES);
    }

    /** Nanoseconds to spin now, or 0. */
    long nanos() {
        if (nanos > 0) {
            return nanos;
        }
        if (++sleeps < sleepsBetweenTries) {
            return 0;
        }
        sleeps = 0;
        sleepsBetweenTries = Math.min(2 * sleepsBetweenTries, maxSleepsBetweenTries);
        // As long as can be: the peer may have to be woken before it can answer.
        return MAX_NANOS;
    }

    void paid() {
        nanos = MAX_NANOS;
        sleeps = 0;
        sleepsBetweenTries = MIN_SLEEPS_BETWEEN_TRIES;
    }

    void didNotPay() {
        nanos = nanos / 2 < MIN_NANOS ? 0 : nanos / 2;
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
