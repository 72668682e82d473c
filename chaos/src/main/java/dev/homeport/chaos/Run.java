package dev.homeport.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * One part of a campaign: which trials, and what came of them. Trial N of a seed is the same in every part and after
 * every break. Any thread reports.
 */
public final class Run {
    private static final int MAX_KEPT_FAILURES = 10;
    private static final long MAX_NANOS = 3_600_000_000_000L;
    private static final double NANOS_PER_MILLI = 1e6;

    private final long seed;
    private final long first;
    private final long end;
    private final Load load;

    // Guarded by this.
    private final Map<String, Histogram> times = new TreeMap<>();
    private final List<String> facts = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private long failureCount;
    private long done;

    /**
     * @param first number of its first trial
     * @param end number behind its last
     * @param load of a soak
     */
    public Run(long seed, long first, long end, Load load) {
        this.seed = seed;
        this.first = first;
        this.end = end;
        this.load = load;
    }

    /** With the usual load. */
    public Run(long seed, long first, long end) {
        this(seed, first, end, Load.DEFAULT);
    }

    public long seed() {
        return seed;
    }

    public long first() {
        return first;
    }

    public long end() {
        return end;
    }

    /** Of a soak. */
    public Load load() {
        return load;
    }

    /** Trials of this part. */
    public long size() {
        return end - first;
    }

    /** Chance of one trial. */
    public Random random(long trial) {
        Random mixed = new Random(seed * 0x9E3779B97F4A7C15L + trial);
        mixed.nextLong();
        return mixed;
    }

    /** So many trials are done, whatever came of them. */
    public synchronized void done(long trials) {
        done += trials;
    }

    public synchronized long done() {
        return done;
    }

    /** Something was not as promised. */
    public synchronized void fail(String what) {
        failureCount++;
        if (failures.size() < MAX_KEPT_FAILURES) {
            failures.add(what);
        }
    }

    public synchronized long failureCount() {
        return failureCount;
    }

    /** The first of them. */
    public synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    /** How long something took. */
    public void time(String what, long nanos) {
        times(what).recordValue(Math.clamp(nanos, 0, MAX_NANOS));
    }

    /** How long things took that another process timed, in nanoseconds. */
    public void times(String what, Histogram measured) {
        times(what).add(measured);
    }

    private synchronized Histogram times(String what) {
        return times.computeIfAbsent(what, key -> new ConcurrentHistogram(MAX_NANOS, 3));
    }

    /** Fails if that percentile of what was timed is above. */
    public void expect(String what, double percentile, double maxMillis) {
        double found = percentileMillis(what, percentile);
        if (found > maxMillis) {
            fail(String.format(Locale.ROOT, "%s: p%s is %.2f ms, promised %.2f ms", what, percentile, found, maxMillis));
        }
    }

    /** In milliseconds; 0 if nothing was timed. */
    public synchronized double percentileMillis(String what, double percentile) {
        Histogram histogram = times.get(what);
        return histogram == null ? 0 : histogram.getValueAtPercentile(percentile) / NANOS_PER_MILLI;
    }

    /** Something worth telling. */
    public synchronized void fact(String fact) {
        facts.add(fact);
    }

    /** Everything but the failures, on one line. */
    public synchronized String figures() {
        List<String> parts = new ArrayList<>();
        times.forEach((what, histogram) -> parts.add(String.format(
                Locale.ROOT, "%s p50 %.2f p99 %.2f max %.2f ms", what,
                histogram.getValueAtPercentile(50) / NANOS_PER_MILLI,
                histogram.getValueAtPercentile(99) / NANOS_PER_MILLI,
                histogram.getMaxValue() / NANOS_PER_MILLI)));
        parts.addAll(facts);
        return String.join(", ", parts);
    }
}
