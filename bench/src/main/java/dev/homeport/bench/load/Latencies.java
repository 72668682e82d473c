package dev.homeport.bench.load;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Histograms of nanoseconds, all alike. */
final class Latencies {
    /** Longer ones count as this. */
    private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(2);
    private static final int SIGNIFICANT_DIGITS = 3;

    private Latencies() {}

    /** A new one, for one thread. */
    static Histogram histogram() {
        return new Histogram(MAX_NANOS, SIGNIFICANT_DIGITS);
    }

    static void record(Histogram histogram, long nanos) {
        histogram.recordValue(Math.min(nanos, MAX_NANOS));
    }
}
