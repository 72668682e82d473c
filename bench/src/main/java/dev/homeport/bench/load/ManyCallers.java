package dev.homeport.bench.load;

import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/** N: blocking callers, a thread each, on one channel. */
public final class ManyCallers implements Load {
    public static final String CALLERS = "callers";
    public static final String THREADS = "threads";
    public static final String PLATFORM = "platform";
    public static final String VIRTUAL = "virtual";
    /** The 99th percentile of the caller for which it is worst. */
    public static final String WORST_P99 = "worst_caller_p99_us";
    /** Calls of the caller that has fewest, as a share of an equal part. */
    public static final String LEAST_SHARE = "least_share";

    private static final int BYTES = 32;
    private static final double NANOS_PER_MICRO = 1e3;

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        ManagedChannel channel = subject.grpc().shared();
        int callers = parameters.number(CALLERS);
        long start;
        List<Histogram> histograms;
        try (ExecutorService threads = threads(parameters.text(THREADS))) {
            CountDownLatch ready = new CountDownLatch(callers);
            List<Future<Histogram>> running = new ArrayList<>();
            start = System.nanoTime();
            for (int i = 0; i < callers; i++) {
                running.add(threads.submit(() -> call(GrpcSubject.caller(channel, BYTES), ready, nanos)));
            }
            histograms = resultsOf(running);
        }
        return figures(histograms, System.nanoTime() - start);
    }

    private static ExecutorService threads(String kind) {
        return switch (kind) {
            case PLATFORM -> Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory());
            case VIRTUAL -> Executors.newVirtualThreadPerTaskExecutor();
            default -> throw new IllegalArgumentException("unknown kind of thread: " + kind);
        };
    }

    private static Histogram call(Subject.Call call, CountDownLatch ready, long nanos) throws InterruptedException {
        Histogram latencies = Latencies.histogram();
        ready.countDown();
        ready.await();
        long start = System.nanoTime();
        for (long before = start; before - start < nanos; ) {
            call.run();
            long now = System.nanoTime();
            Latencies.record(latencies, now - before);
            before = now;
        }
        return latencies;
    }

    private static List<Histogram> resultsOf(List<Future<Histogram>> running)
            throws InterruptedException, ExecutionException {
        List<Histogram> results = new ArrayList<>();
        for (Future<Histogram> caller : running) {
            results.add(caller.get());
        }
        return results;
    }

    private static Figures figures(List<Histogram> callers, long nanos) {
        Histogram all = Latencies.histogram();
        callers.forEach(all::add);
        long worst = callers.stream().mapToLong(one -> one.getValueAtPercentile(99)).max().orElse(0);
        long fewest = callers.stream().mapToLong(Histogram::getTotalCount).min().orElse(0);
        return new Figures()
                .putRate(all.getTotalCount(), nanos)
                .putLatencies(all)
                .put(WORST_P99, worst / NANOS_PER_MICRO)
                .put(LEAST_SHARE, (double) fewest * callers.size() / all.getTotalCount());
    }
}
