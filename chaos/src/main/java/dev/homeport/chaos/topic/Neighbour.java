package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A well-behaved client of a server that another one troubles: none of its calls may fail, have another's reply or take
 * much longer.
 */
final class Neighbour implements AutoCloseable {
    static final String BEFORE = "neighbour's calls before";
    static final String DURING = "neighbour's calls during";

    /** Below this the difference is the scheduler's, on a machine with as many busy threads as processors. */
    private static final double FLOOR_MILLIS = 2;
    private static final int WARM_UP_CALLS = 5_000;
    private static final long PAUSE_NANOS = 50_000;

    private final Run run;
    private final ManagedChannel channel;
    private final EchoGrpc.EchoBlockingStub stub;

    Neighbour(Run run, String name) {
        this.run = run;
        this.channel = HomeportChannelBuilder.forTarget("lpc:" + name).build();
        this.stub = EchoGrpc.newBlockingStub(channel);
        for (int i = 0; i < WARM_UP_CALLS; i++) {
            stub.unary(Payload.request(50, i));
        }
    }

    /** Calls as long as that is so, and at least for a moment. */
    void callWhile(String what, BooleanSupplier condition) {
        for (int i = 0; i < 200 || condition.getAsBoolean(); i++) {
            long begun = System.nanoTime();
            try {
                EchoReply reply = stub.unary(Payload.request(50, i));
                if (reply.getSequence() != i || !Payload.isIntact(reply)) {
                    run.fail("a neighbour's call had another's reply: " + reply.getSequence() + " for " + i);
                }
            } catch (StatusRuntimeException e) {
                run.fail("a neighbour's call failed: " + e.getStatus());
            }
            run.time(what, System.nanoTime() - begun);
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    void callFor(String what, long nanos) {
        long end = System.nanoTime() + nanos;
        callWhile(what, () -> System.nanoTime() - end < 0);
    }

    /** Twice what it was before, as promised. */
    void expectCalm() {
        run.expect(DURING, 99, Math.max(FLOOR_MILLIS, 2 * run.percentileMillis(BEFORE, 99)));
    }

    @Override
    public void close() {
        channel.shutdownNow();
        Wait.until("the channel has ended", channel::isTerminated);
    }
}
