package dev.homeport.chaos.topic;

import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Threads that call in a loop, one for each channel. Their owner closes them. */
final class Callers implements AutoCloseable {
    /** A call that lasts longer has no end: nothing takes so long on the most crowded machine. */
    static final long LOST_NANOS = 20_000_000_000L;

    private static final long PAUSE_AFTER_FAILURE_NANOS = 1_000_000;

    /** One of them; written by its thread. */
    private static final class Caller {
        volatile long lastNanos = System.nanoTime();
        volatile long begunNanos = lastNanos;
        volatile long backNanos = lastNanos;
        boolean failing;

        void succeeded(long nanos) {
            if (failing) {
                failing = false;
                backNanos = nanos;
            }
            lastNanos = nanos;
        }
    }

    private final List<Thread> threads = new ArrayList<>();
    private final List<Caller> callers = new ArrayList<>();
    private final AtomicLong succeeded = new AtomicLong();
    private final Pace pace;
    private volatile boolean over;

    /** As fast as they can. */
    Callers(List<? extends Channel> channels, Consumer<StatusRuntimeException> onFailure) {
        this(channels, Pace.UNBOUNDED, onFailure);
    }

    /** @param onFailure told of each failed call */
    Callers(List<? extends Channel> channels, Pace pace, Consumer<StatusRuntimeException> onFailure) {
        this.pace = pace;
        for (Channel channel : channels) {
            Caller caller = new Caller();
            callers.add(caller);
            threads.add(Thread.ofPlatform().daemon().start(() -> call(channel, caller, onFailure)));
        }
    }

    private void call(Channel channel, Caller caller, Consumer<StatusRuntimeException> onFailure) {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
        for (long i = 0; !over; i++) {
            pace.rest();
            caller.begunNanos = System.nanoTime();
            try {
                EchoReply reply = stub.unary(Payload.request((int) (i * 131 % 3_000), i));
                if (reply.getSequence() != i || !Payload.isIntact(reply)) {
                    throw new AssertionError("another's reply: " + reply.getSequence() + " for " + i);
                }
                caller.succeeded(System.nanoTime());
                succeeded.incrementAndGet();
            } catch (StatusRuntimeException e) {
                caller.failing = true;
                onFailure.accept(e);
                LockSupport.parkNanos(PAUSE_AFTER_FAILURE_NANOS);
            }
        }
    }

    long succeeded() {
        return succeeded.get();
    }

    /** Callers whose call has no end. */
    int lost() {
        int lost = 0;
        for (int i = 0; i < callers.size(); i++) {
            if (threads.get(i).isAlive() && System.nanoTime() - callers.get(i).begunNanos > LOST_NANOS) {
                lost++;
            }
        }
        return lost;
    }

    /** Waits until each caller has succeeded after that time. */
    void awaitSuccessAfter(long nanos) {
        for (Caller caller : callers) {
            Wait.until("a caller succeeds", () -> caller.lastNanos - nanos > 0);
        }
    }

    /** When each caller first succeeded after its last failure, once it has succeeded after that time. */
    List<Long> awaitBackAfter(long nanos) {
        awaitSuccessAfter(nanos);
        List<Long> found = new ArrayList<>();
        for (Caller caller : callers) {
            found.add(caller.backNanos);
        }
        return found;
    }

    @Override
    public void close() {
        over = true;
        Wait.until("all callers are back", () -> threads.stream().noneMatch(Thread::isAlive));
    }
}
