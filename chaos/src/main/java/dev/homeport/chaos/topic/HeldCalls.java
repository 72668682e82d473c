package dev.homeport.chaos.topic;

import dev.homeport.Peer;
import dev.homeport.chaos.process.OpenClient;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The service that an {@link OpenClient} calls: knows which of its calls reached a handler, and when each was
 * cancelled. A call whose client dies before a handler saw it owes nobody anything. Any thread.
 */
final class HeldCalls extends EchoService {
    /** How long a handler hears of its client's end at the latest. */
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(6);
    /** How long after its client's end a handler may still begin: its request was read, and waited for a thread. */
    private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long POLL_NANOS = 500_000;

    /** A call that a handler saw. */
    static final class Held {
        final String what;
        final Peer caller;
        volatile long cancelledNanos;
        volatile boolean isCancelled;

        Held(String what, Peer caller) {
            this.what = what;
            this.caller = caller;
        }

        @Override
        public String toString() {
            return what + (isCancelled ? " cancelled" : " not cancelled") + ", connection "
                    + (caller.isGone() ? "gone" : "open");
        }
    }

    private final Queue<Held> calls = new ConcurrentLinkedQueue<>();

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
        if (request.getDelayMillis() == OpenClient.FOREVER_MILLIS) {
            hold("unary " + request.getSequence(), reply);
        } else {
            super.unary(request, reply);
        }
    }

    @Override
    public StreamObserver<EchoRequest> chat(StreamObserver<EchoReply> reply) {
        hold("chat", reply);
        return super.chat(reply);
    }

    private void hold(String what, StreamObserver<EchoReply> reply) {
        @Nullable Peer caller = Peer.current();
        if (caller == null) {
            throw new IllegalStateException("a caller that nobody knows");
        }
        Held held = new Held(what, caller);
        ((ServerCallStreamObserver<EchoReply>) reply).setOnCancelHandler(() -> {
            held.cancelledNanos = System.nanoTime();
            held.isCancelled = true;
        });
        calls.add(held);
    }

    /**
     * Waits until every handler that saw a call of that process has heard of its end.
     *
     * @param killedNanos when the process ended
     * @return its calls, which are forgotten here; one that is not cancelled now never will be
     */
    List<Held> awaitEnds(long pid, long killedNanos) {
        while (!haveEnded(pid, killedNanos) && System.nanoTime() - killedNanos < LIMIT_NANOS) {
            LockSupport.parkNanos(POLL_NANOS);
        }
        List<Held> all = of(pid);
        calls.removeAll(all);
        return all;
    }

    private boolean haveEnded(long pid, long killedNanos) {
        List<Held> begun = of(pid);
        return begun.stream().allMatch(held -> held.isCancelled)
                && (begun.size() == OpenClient.CALLS || System.nanoTime() - killedNanos > LATE_NANOS);
    }

    private List<Held> of(long pid) {
        return calls.stream().filter(held -> held.caller.pid() == pid).toList();
    }
}
