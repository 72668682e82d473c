package dev.homeport.bench.load;

import dev.homeport.bench.rival.Endpoints;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/**
 * C: channels one after the other, each connected, called twice and closed. The time of set-up is from asking for a
 * connection until the channel says that it is ready.
 */
public final class ConnectionSetup implements Load {
    public static final String SETUP = "setup_p50_us";
    public static final String SETUP_P99 = "setup_p99_us";
    public static final String FIRST_CALL = "first_call_p50_us";
    public static final String SECOND_CALL = "second_call_p50_us";

    private static final int BYTES = 32;
    private static final long READY_SECONDS = 10;
    private static final double NANOS_PER_MICRO = 1e3;

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        Histogram setups = Latencies.histogram();
        Histogram first = Latencies.histogram();
        Histogram second = Latencies.histogram();
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos || setups.getTotalCount() == 0) {
            ManagedChannel channel = subject.grpc().open();
            try {
                setups.recordValue(connect(channel));
                Subject.Call call = GrpcSubject.caller(channel, BYTES);
                first.recordValue(time(call));
                second.recordValue(time(call));
                if (!subject.grpc().isOnRoute(channel)) {
                    throw new IllegalStateException("calls took the wrong route: " + channel);
                }
            } finally {
                Endpoints.close(channel);
            }
        }
        return new Figures()
                .put(SETUP, setups.getValueAtPercentile(50) / NANOS_PER_MICRO)
                .put(SETUP_P99, setups.getValueAtPercentile(99) / NANOS_PER_MICRO)
                .put(FIRST_CALL, first.getValueAtPercentile(50) / NANOS_PER_MICRO)
                .put(SECOND_CALL, second.getValueAtPercentile(50) / NANOS_PER_MICRO)
                .putRate(setups.getTotalCount(), System.nanoTime() - start);
    }

    private static long time(Subject.Call call) {
        long before = System.nanoTime();
        call.run();
        return System.nanoTime() - before;
    }

    private static long connect(ManagedChannel channel) throws InterruptedException, TimeoutException {
        long before = System.nanoTime();
        CountDownLatch ready = new CountDownLatch(1);
        watch(channel, ready, channel.getState(true));
        if (!ready.await(READY_SECONDS, TimeUnit.SECONDS)) {
            throw new TimeoutException("not connected: state=" + channel.getState(false));
        }
        return System.nanoTime() - before;
    }

    private static void watch(ManagedChannel channel, CountDownLatch ready, ConnectivityState state) {
        if (state == ConnectivityState.READY) {
            ready.countDown();
        } else {
            channel.notifyWhenStateChanged(state, () -> watch(channel, ready, channel.getState(false)));
        }
    }
}
