package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.Standby;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.proto.EchoGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * SIGSTOP of a server at a random instant, and SIGCONT: a call to it ends at its deadline, calls of the same process to
 * another server are as quick as before, and afterwards it serves on.
 */
public final class Stop implements Topic {
    private static final String LATE = "deadline's error";
    private static final String CALM = "other's calls, none frozen";
    private static final String FROZEN = "other's calls, one frozen";
    private static final long DEADLINE_MILLIS = 60;
    private static final double PROMISED_ERROR_MILLIS = 20;
    private static final int MAX_WAIT_NANOS = 3_000_000;
    /** Below this the difference is a timer's, not a peer's. */
    private static final double FLOOR_MILLIS = 1;

    @Override
    public String trials() {
        return "stops";
    }

    @Override
    public long fullSize() {
        return 1_000;
    }

    @Override
    public long shortSize() {
        return 10;
    }

    @Override
    public void run(Run run) throws Exception {
        String prefix = "chaos-stop-" + ProcessHandle.current().pid() + "-";
        ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:" + prefix + "a").build();
        ManagedChannel other = HomeportChannelBuilder.forTarget("lpc:" + prefix + "b").build();
        try (Jvm frozen = Standby.small(EchoServer.class).start(prefix + "a");
                Jvm healthy = Standby.small(EchoServer.class).start(prefix + "b")) {
            frozen.awaitLine(EchoServer.LISTENING);
            healthy.awaitLine(EchoServer.LISTENING);
            EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
            for (int i = 0; i < 3_000; i++) {
                stub.unary(Payload.request(50, i));
                EchoGrpc.newBlockingStub(other).unary(Payload.request(50, i));
            }
            for (long trial = run.first(); trial < run.end(); trial++) {
                measure(run, other, CALM, () -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS)));
                // In the midst of calls, wherever that may be.
                AtomicBoolean over = new AtomicBoolean();
                Thread traffic = Thread.ofPlatform().daemon().start(() -> callUntil(over, stub));
                LockSupport.parkNanos(run.random(trial).nextInt(MAX_WAIT_NANOS));
                frozen.freeze();
                measure(run, other, FROZEN, () -> missDeadline(run, stub));
                over.set(true);
                frozen.resume();
                if (!traffic.join(java.time.Duration.ofSeconds(Wait.LIMIT_SECONDS))) {
                    run.fail("trial " + trial + ": a call through the freeze did not end");
                }
                stub.withDeadlineAfter(Wait.LIMIT_SECONDS, TimeUnit.SECONDS).unary(Payload.request(50, trial));
                run.done(1);
            }
        } finally {
            channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            other.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        run.expect(LATE, 99, PROMISED_ERROR_MILLIS);
        run.expect(FROZEN, 99, Math.max(FLOOR_MILLIS, 2 * run.percentileMillis(CALM, 99)));
    }

    private static void callUntil(AtomicBoolean over, EchoGrpc.EchoBlockingStub stub) {
        for (long i = 0; !over.get(); i++) {
            stub.withDeadlineAfter(Wait.LIMIT_SECONDS, TimeUnit.SECONDS).unary(Payload.request(50, i));
        }
    }

    /** Calls the other server for as long as the task lasts, a call every tenth of a millisecond or so. */
    private static void measure(Run run, ManagedChannel other, String what, Runnable task) {
        Thread worker = Thread.ofPlatform().daemon().start(task);
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(other);
        while (worker.isAlive()) {
            long begun = System.nanoTime();
            stub.unary(Payload.request(50, 1));
            run.time(what, System.nanoTime() - begun);
            LockSupport.parkNanos(100_000);
        }
    }

    private static void missDeadline(Run run, EchoGrpc.EchoBlockingStub stub) {
        long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
        try {
            stub.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS).unary(Payload.request(50, 2));
            run.fail("a frozen server answered");
        } catch (StatusRuntimeException e) {
            run.time(LATE, Math.abs(System.nanoTime() - due));
            if (e.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED) {
                run.fail("a call to a frozen server ended " + e.getStatus());
            }
        }
    }
}
