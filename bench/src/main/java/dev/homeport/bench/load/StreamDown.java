package dev.homeport.bench.load;

import dev.homeport.bench.proto.Body;
import dev.homeport.bench.proto.EchoGrpc;
import dev.homeport.bench.rival.Reading;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The receiving end of a stream that the server sends until it is cancelled: here, by the first message after the
 * time of the run. Callbacks come one at a time.
 */
final class StreamDown implements ClientResponseObserver<Body, Body> {
    private static final long END_SECONDS = 30;
    /** The clock is looked at once in so many messages. */
    private static final int CLOCK_ONE_IN = 16;

    private final int ahead;
    private final long nanos;
    private final long start = System.nanoTime();
    private final CountDownLatch ended = new CountDownLatch(1);
    private @Nullable ClientCallStreamObserver<Body> call;
    private long messages;
    private long elapsed;
    private @Nullable Throwable failure;

    private StreamDown(int ahead, long nanos) {
        this.ahead = ahead;
        this.nanos = nanos;
    }

    static Figures run(ManagedChannel channel, Body body, int ahead, long nanos) throws Exception {
        StreamDown stream = new StreamDown(ahead, nanos);
        EchoGrpc.newStub(channel).download(body, stream);
        if (!stream.ended.await(TimeUnit.NANOSECONDS.toSeconds(nanos) + END_SECONDS, TimeUnit.SECONDS)) {
            throw new TimeoutException("stream without an end: messages=" + stream.messages);
        }
        if (stream.failure != null) {
            throw new IllegalStateException("the stream failed", stream.failure);
        }
        return new Figures().putRate(stream.messages, stream.elapsed);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Body> call) {
        this.call = call;
        if (ahead > 1) {
            call.disableAutoRequestWithInitial(ahead);
        }
    }

    @Override
    public void onNext(Body body) {
        Reading.sum(body.getPayload());
        if (elapsed != 0) {
            return; // on its way when the stream was cancelled
        }
        messages++;
        if (ahead > 1) {
            call.request(1);
        }
        if (messages % CLOCK_ONE_IN == 0) {
            lookAtClock();
        }
    }

    private void lookAtClock() {
        long now = System.nanoTime() - start;
        if (now >= nanos) {
            elapsed = now;
            call.cancel("enough", null);
        }
    }

    @Override
    public void onError(Throwable end) {
        if (elapsed == 0 || Status.fromThrowable(end).getCode() != Status.Code.CANCELLED) {
            failure = end;
        }
        ended.countDown();
    }

    @Override
    public void onCompleted() {
        failure = new IllegalStateException("the server ended the stream: messages=" + messages);
        ended.countDown();
    }
}
