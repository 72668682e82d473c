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
    private static final long PAUSE_AFTER_FAILURE_NANOS = 1_000_000;

    private final List<Thread> threads = new ArrayList<>();
    private final List<AtomicLong> lastSuccess = new ArrayList<>();
    private final AtomicLong succeeded = new AtomicLong();
    private volatile boolean over;

    /** @param onFailure told of each failed call */
    Callers(List<? extends Channel> channels, Consumer<StatusRuntimeException> onFailure) {
        for (Channel channel : channels) {
            AtomicLong last = new AtomicLong();
            lastSuccess.add(last);
            threads.add(Thread.ofPlatform().daemon().start(() -> call(channel, last, onFailure)));
        }
    }

    private void call(Channel channel, AtomicLong last, Consumer<StatusRuntimeException> onFailure) {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
        for (long i = 0; !over; i++) {
            try {
                EchoReply reply = stub.unary(Payload.request((int) (i * 131 % 3_000), i));
                if (reply.getSequence() != i || !Payload.isIntact(reply)) {
                    throw new AssertionError("another's reply: " + reply.getSequence() + " for " + i);
                }
                last.set(System.nanoTime());
                succeeded.incrementAndGet();
            } catch (StatusRuntimeException e) {
                onFailure.accept(e);
                LockSupport.parkNanos(PAUSE_AFTER_FAILURE_NANOS);
            }
        }
    }

    long succeeded() {
        return succeeded.get();
    }

    /** When each caller first succeeded after that time; waits for it. */
    List<Long> awaitSuccessAfter(long nanos) {
        List<Long> found = new ArrayList<>();
        for (AtomicLong last : lastSuccess) {
            Wait.until("a caller succeeds", () -> last.get() - nanos > 0);
            found.add(last.get());
        }
        return found;
    }

    @Override
    public void close() {
        over = true;
        Wait.until("all callers are back", () -> threads.stream().noneMatch(Thread::isAlive));
    }
}
