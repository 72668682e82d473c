package dev.homeport.bench.load;

import dev.homeport.bench.proto.Body;
import dev.homeport.bench.rival.Reading;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The sending end of a stream: sends whenever it may, until the time is over, and counts what the replies say has
 * arrived. Callbacks come one at a time; what ends the sending is only done by them.
 */
final class StreamUp<R> implements ClientResponseObserver<Body, R> {
    private static final long END_SECONDS = 30;
    /** The clock is looked at once in so many messages. */
    private static final int CLOCK_ONE_IN = 16;

    private final Body body;
    private final int ahead;
    private final ToLongFunction<R> arrivedBy;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final long start = System.nanoTime();
    private final long nanos;
    private @Nullable ClientCallStreamObserver<Body> call;
    private long sent;
    private boolean halfClosed;
    private long arrived;
    private long elapsed;
    private @Nullable Throwable failure;

    /** @param arrivedBy how many messages a reply stands for */
    StreamUp(Body body, int ahead, long nanos, ToLongFunction<R> arrivedBy) {
        this.body = body;
        this.ahead = ahead;
        this.nanos = nanos;
        this.arrivedBy = arrivedBy;
    }

    /** For streams that get each message back. */
    static long readOne(Body reply) {
        Reading.sum(reply.getPayload());
        return 1;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Body> call) {
        this.call = call;
        call.setOnReadyHandler(this::send);
        if (ahead > 1) {
            call.disableAutoRequestWithInitial(ahead);
        }
    }

    private void send() {
        while (!halfClosed && call.isReady()) {
            call.onNext(Body.newBuilder().setPayload(body.getPayload()).build());
            sent++;
            if (sent % CLOCK_ONE_IN == 0 && System.nanoTime() - start >= nanos) {
                halfClosed = true;
                call.onCompleted();
            }
        }
    }

    /** Waits for the end, which comes after the time of the run. */
    Figures finish() throws Exception {
        if (!ended.await(TimeUnit.NANOSECONDS.toSeconds(nanos) + END_SECONDS, TimeUnit.SECONDS)) {
            throw new TimeoutException("stream without an end: sent=" + sent + ", arrived=" + arrived);
        }
        if (failure != null) {
            throw new IllegalStateException("the stream failed", failure);
        }
        if (arrived != sent) {
            throw new IllegalStateException("messages lost: sent=" + sent + ", arrived=" + arrived);
        }
        return new Figures().putRate(arrived, elapsed);
    }

    @Override
    public void onNext(R reply) {
        arrived += arrivedBy.applyAsLong(reply);
        if (ahead > 1) {
            call.request(1);
        }
    }

    @Override
    public void onError(Throwable end) {
        failure = end;
        ended.countDown();
    }

    @Override
    public void onCompleted() {
        elapsed = System.nanoTime() - start;
        ended.countDown();
    }
}
