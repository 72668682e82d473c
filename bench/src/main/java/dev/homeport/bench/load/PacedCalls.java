package dev.homeport.bench.load;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** P: one thread that calls at fixed instants and sleeps in between, so that both sides are asleep when it calls. */
public final class PacedCalls implements Load {
    public static final String PER_SECOND = "rate";
    private static final int BYTES = 32;

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        Subject.Call call = subject.caller(BYTES);
        long period = TimeUnit.SECONDS.toNanos(1) / parameters.number(PER_SECOND);
        Histogram latencies = Latencies.histogram();
        long start = System.nanoTime();
        long next = start;
        while (System.nanoTime() - start < nanos) {
            next += period;
            sleepUntil(next);
            long before = System.nanoTime();
            call.run();
            Latencies.record(latencies, System.nanoTime() - before);
        }
        return new Figures()
                .putLatencies(latencies)
                .putRate(latencies.getTotalCount(), System.nanoTime() - start);
    }

    private static void sleepUntil(long instant) {
        for (long left = instant - System.nanoTime(); left > 0; left = instant - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
