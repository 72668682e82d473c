package dev.homeport.bench.load;

import org.HdrHistogram.Histogram;

/** L: one thread that calls, waits, and calls again. */
public final class OneCaller implements Load {
    public static final String BYTES = "bytes";

    /** Runs last longer rather than have fewer calls than this. */
    private static final int MIN_CALLS = 3;

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        Subject.Call call = subject.caller(parameters.number(BYTES));
        return run(call, nanos);
    }

    static Figures run(Subject.Call call, long nanos) {
        Histogram latencies = Latencies.histogram();
        long start = System.nanoTime();
        long before = start;
        while (before - start < nanos || latencies.getTotalCount() < MIN_CALLS) {
            call.run();
            long now = System.nanoTime();
            // What recording takes falls to the next call: some ten nanoseconds.
            Latencies.record(latencies, now - before);
            before = now;
        }
        return new Figures().putLatencies(latencies).putRate(latencies.getTotalCount(), before - start);
    }
}
