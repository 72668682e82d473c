package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Connections that come and go, one after another, on a thread of their own: each lives for a stream, a large message
 * and a pause in which everybody falls asleep. In a paced run one comes a second. Its owner closes it.
 */
final class Visitors implements AutoCloseable {
    private static final long ASLEEP_NANOS = 50_000_000;

    private final Run run;
    private final String name;
    private final Pace pace;
    private final Thread thread;
    private volatile long begunNanos = System.nanoTime();
    private volatile long served;
    private volatile boolean over;

    Visitors(Run run, String name) {
        this.run = run;
        this.name = name;
        this.pace = run.load().pace() == 0 ? Pace.UNBOUNDED : new Pace(1);
        this.thread = Thread.ofPlatform().daemon().name("visitors").start(this::come);
    }

    private void come() {
        try {
            for (long round = 0; !over; round++) {
                begunNanos = System.nanoTime();
                visit(round);
                served = round + 1;
                pace.rest();
            }
        } catch (StatusRuntimeException e) {
            run.fail("a visitor's call failed: " + e.getStatus());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void visit(long round) throws InterruptedException {
        ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:" + name).build();
        try {
            EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
            Iterator<EchoReply> replies = stub.download(
                    DownloadRequest.newBuilder().setCount(100).setBytes(2_000).build());
            long expected = 0;
            while (replies.hasNext()) {
                if (replies.next().getSequence() != expected++) {
                    run.fail("a stream lost its order");
                }
            }
            stub.unary(Payload.request(1 + (int) (round * 7_919 % 3_000_000), round));
            LockSupport.parkNanos(ASLEEP_NANOS);
            stub.unary(Payload.request(10, round));
        } finally {
            channel.shutdown().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
    }

    long served() {
        return served;
    }

    /** 1 if the present one has been here for longer than anything takes. */
    int lost() {
        return thread.isAlive() && System.nanoTime() - begunNanos > Callers.LOST_NANOS ? 1 : 0;
    }

    @Override
    public void close() {
        over = true;
        Wait.until("the last visitor has left", () -> !thread.isAlive());
    }
}
