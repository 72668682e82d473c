package dev.homeport.chaos.process;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * A channel to a server that may lie, and calls of all kinds on it for some time, some of whose threads wait: each is to
 * end once, and soon after its deadline. Used by one thread; listeners count.
 */
final class Visit {
    /** Calls that are open at once beside the one that is waited for. */
    private static final int OPEN = 8;
    private static final long DEADLINE_MILLIS = 300;
    private static final long LOST_SECONDS = 20;
    private static final int SMALL_BYTES = 3_000;
    private static final int LARGE_BYTES = 300_000;
    /** How the engine begins the description of an end that is its own fault. */
    private static final String FAULT = "connection failed";

    private final ManagedChannel channel;
    private final SplittableRandom random;
    private final Semaphore open = new Semaphore(OPEN);
    private final LongAdder calls = new LongAdder();
    private final LongAdder answered = new LongAdder();
    private final LongAdder twice = new LongAdder();
    private final AtomicLong mostLateNanos = new AtomicLong();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private boolean lost;

    Visit(String name, long seed) {
        channel = HomeportChannelBuilder.forTarget("lpc:" + name).build();
        random = new SplittableRandom(seed);
    }

    /** Calls until that time, and waits until all calls have ended. */
    void run(long endNanos) throws InterruptedException {
        EchoGrpc.EchoBlockingStub blocking = EchoGrpc.newBlockingStub(channel);
        while (System.nanoTime() - endNanos < 0) {
            while (open.tryAcquire()) {
                begin();
            }
            await(blocking);
        }
        lost = !open.tryAcquire(OPEN, LOST_SECONDS, TimeUnit.SECONDS);
        channel.shutdownNow();
        lost |= !channel.awaitTermination(LOST_SECONDS, TimeUnit.SECONDS);
    }

    private void await(EchoGrpc.EchoBlockingStub blocking) {
        long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
        calls.increment();
        try {
            blocking.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)
                    .unary(Payload.request(random.nextInt(SMALL_BYTES), 1));
            answered.increment();
        } catch (StatusRuntimeException e) {
            note(e.getStatus(), due);
        }
    }

    private void begin() {
        EchoRequest.Builder request = Payload.request(random.nextInt(SMALL_BYTES), random.nextInt()).toBuilder();
        switch (random.nextInt(5)) {
            case 0 -> start(EchoGrpc.getUnaryMethod(), request.build(), true);
            case 1 -> start(EchoGrpc.getUnaryMethod(), Payload.request(random.nextInt(LARGE_BYTES), 2), true);
            case 2 -> start(EchoGrpc.getUnaryMethod(),
                    request.setReplyBytes(random.nextInt(1, LARGE_BYTES)).build(), true);
            case 3 -> start(EchoGrpc.getChatMethod(), request.build(), random.nextBoolean());
            default -> start(EchoGrpc.getDownloadMethod(),
                    DownloadRequest.newBuilder().setCount(30).setBytes(random.nextInt(2 * SMALL_BYTES)).build(), true);
        }
    }

    private <Q, P> void start(MethodDescriptor<Q, P> method, Q request, boolean ends) {
        long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
        AtomicInteger seen = new AtomicInteger();
        ClientCall<Q, P> call = channel.newCall(
                method, CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS));
        calls.increment();
        call.start(new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
                if (seen.incrementAndGet() > 1) {
                    twice.increment();
                    return;
                }
                note(status, due);
                open.release();
            }
        }, new Metadata());
        call.request(Integer.MAX_VALUE);
        call.sendMessage(request);
        if (ends) {
            call.halfClose();
        }
    }

    private void note(Status status, long due) {
        mostLateNanos.accumulateAndGet(System.nanoTime() - due, Math::max);
        if (status.isOk()) {
            answered.increment();
        }
        String description = status.getDescription();
        if (description != null && description.contains(FAULT)) {
            faults.add(description);
        }
    }

    long calls() {
        return calls.sum();
    }

    /** Calls that ended OK, whatever their replies were. */
    long answered() {
        return answered.sum();
    }

    /** Ends that were told of a call that had ended. */
    long twice() {
        return twice.sum();
    }

    /** How long after its deadline a call ended, at most. */
    long mostLateNanos() {
        return mostLateNanos.get();
    }

    /** Whether a call, or the channel, did not end. */
    boolean isLost() {
        return lost;
    }

    /** Ends that the engine calls its own fault. */
    Queue<String> faults() {
        return faults;
    }
}
