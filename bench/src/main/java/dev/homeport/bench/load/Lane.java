package dev.homeport.bench.load;

import dev.homeport.bench.proto.Body;
import dev.homeport.bench.proto.EchoGrpc;
import dev.homeport.bench.rival.Reading;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call after the other: the end of one begins the next. At any time one call of it is open, and so
 * its fields belong to the thread that has the callback.
 */
final class Lane implements StreamObserver<Body> {
    private static final int BYTES = 32;
    /** One call in so many is timed; the clock would be a twentieth of the work otherwise. */
    private static final int TIMED_ONE_IN = 16;
    private static final long END_SECONDS = 30;

    /** What the lanes of a run share. */
    private static final class Run {
        private final Body request = body();
        /** Whether calls end on the thread that begins them, before they return. */
        private final boolean inline;
        private final CountDownLatch ended;
        private volatile boolean stopping;
        private volatile @Nullable Throwable failure;

        Run(int lanes, boolean inline) {
            this.inline = inline;
            this.ended = new CountDownLatch(lanes);
        }

        private static Body body() {
            return GrpcSubject.body(BYTES);
        }
    }

    private final Run run;
    private final EchoGrpc.EchoStub stub;
    private final Histogram latencies = Latencies.histogram();
    private long calls;
    private long begun;
    /** Only of lanes that are {@link Run#inline}: a reply that came within its call; the next must not recurse. */
    private boolean again;

    private Lane(Run run, Channel channel) {
        this.run = run;
        this.stub = EchoGrpc.newStub(channel);
    }

    /**
     * A lane for each of the channels, for that long.
     *
     * @param inline whether calls on these channels end on the thread that begins them, before they return
     */
    static Figures runAll(List<? extends Channel> channels, boolean inline, long nanos) throws Exception {
        Run run = new Run(channels.size(), inline);
        List<Lane> lanes = channels.stream().map(channel -> new Lane(run, channel)).toList();
        long start = System.nanoTime();
        for (Lane lane : lanes) {
            if (inline) {
                // Would not come back before the end of the run.
                Thread.ofVirtual().start(lane::begin);
            } else {
                lane.begin();
            }
        }
        for (long left = nanos; left > 0; left = nanos - (System.nanoTime() - start)) {
            LockSupport.parkNanos(left);
        }
        run.stopping = true;
        if (!run.ended.await(END_SECONDS, TimeUnit.SECONDS)) {
            throw new TimeoutException("calls without an end: lanes=" + run.ended.getCount());
        }
        if (run.failure != null) {
            throw new IllegalStateException("a call failed", run.failure);
        }
        return figures(lanes, System.nanoTime() - start);
    }

    private static Figures figures(List<Lane> lanes, long nanos) {
        Histogram all = Latencies.histogram();
        lanes.forEach(lane -> all.add(lane.latencies));
        return new Figures().putRate(lanes.stream().mapToLong(lane -> lane.calls).sum(), nanos).putLatencies(all);
    }

    private void begin() {
        call();
        // Not inline, the lane may be another thread's by now.
        while (run.inline && again) {
            again = false;
            call();
        }
    }

    private void call() {
        begun = calls % TIMED_ONE_IN == 0 ? System.nanoTime() : 0;
        stub.unary(Body.newBuilder().setPayload(run.request.getPayload()).build(), this);
    }

    @Override
    public void onNext(Body reply) {
        Reading.sum(reply.getPayload());
    }

    @Override
    public void onError(Throwable failure) {
        run.failure = failure;
        run.ended.countDown();
    }

    @Override
    public void onCompleted() {
        calls++;
        if (begun != 0) {
            Latencies.record(latencies, System.nanoTime() - begun);
        }
        if (run.stopping) {
            run.ended.countDown();
        } else if (run.inline) {
            again = true;
        } else {
            call();
        }
    }
}
