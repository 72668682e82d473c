package dev.homeport.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.call.DeferredCall;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeferredCallTest {
    private final AtomicInteger settled = new AtomicInteger();
    private final RecordingListener listener = new RecordingListener();
    private final FakeCall real = new FakeCall(CallOptions.DEFAULT);
    private final DeferredCall<byte[], byte[]> call = new DeferredCall<>(Runnable::run, Runnable::run, settled::incrementAndGet);

    @Test
    void everythingIsReplayedInOrder() {
        call.start(listener, new Metadata());
        call.request(2);
        call.sendMessage(new byte[3]);
        call.halfClose();
        assertThat(call.isReady()).isFalse();

        call.proceed(() -> real);
        call.request(1);

        assertThat(real.log).containsExactly("start", "request 2", "message 3", "halfClose", "request 1");
        assertThat(call.isReady()).isTrue();
        assertThat(settled).hasValue(1);
    }

    @Test
    void realCallMayComeBeforeTheStart() {
        call.proceed(() -> real);
        call.start(listener, new Metadata());

        assertThat(real.log).containsExactly("start");
        assertThat(call.isReady()).isTrue();
    }

    @Test
    void cancellationBeforeTheRouteEndsTheCallOnce() throws Exception {
        call.start(listener, new Metadata());
        call.cancel("enough", null);
        call.cancel("again", null);
        call.proceed(() -> real);

        assertThat(listener.await().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(listener.await().getDescription()).isEqualTo("enough");
        assertThat(listener.closes).hasValue(1);
        assertThat(real.log).isEmpty();
        assertThat(settled).hasValue(1);
    }

    @Test
    void cancellationBeforeTheStartIsToldAtTheStart() throws Exception {
        call.cancel("enough", null);
        call.start(listener, new Metadata());

        assertThat(listener.await().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void cancellationBetweenChoiceAndReplayFollowsTheStart() {
        Queue<Runnable> later = new ArrayDeque<>();
        DeferredCall<byte[], byte[]> slow = new DeferredCall<>(later::add, later::add, settled::incrementAndGet);
        slow.start(listener, new Metadata());
        slow.proceed(() -> real);
        slow.cancel("enough", null);

        later.remove().run();

        assertThat(real.log).containsExactly("start", "cancel enough");
    }

    @Test
    void deadlineEndsACallThatStillWaits() throws Exception {
        call.watchDeadline(Deadline.after(10, TimeUnit.MILLISECONDS), "the local route");
        call.start(listener, new Metadata());

        assertThat(listener.await().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(listener.await().getDescription()).contains("the local route");
    }

    @Test
    void endOfTheContextEndsACallThatStillWaits() throws Exception {
        Context.CancellableContext context = Context.current().withCancellation();
        context.run(() -> {
            DeferredCall<byte[], byte[]> inside = new DeferredCall<>(Runnable::run, Runnable::run, settled::incrementAndGet);
            inside.start(listener, new Metadata());
        });
        context.cancel(null);

        assertThat(listener.await().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void realCallIsMadeInTheContextOfTheCall() {
        Context.Key<String> key = Context.key("who");
        Context.current().withValue(key, "caller").run(() -> {
            DeferredCall<byte[], byte[]> inside = new DeferredCall<>(Runnable::run, Runnable::run, settled::incrementAndGet);
            Context.ROOT.run(() -> inside.proceed(() -> {
                assertThat(key.get()).isEqualTo("caller");
                return real;
            }));
        });
        assertThat(settled).hasValue(1);
    }

    @Test
    void readyIsTrueWhenTheRealStartReportsIt() {
        AtomicInteger readyAtStart = new AtomicInteger();
        call.start(listener, new Metadata());
        call.proceed(() -> new io.grpc.ForwardingClientCall<byte[], byte[]>() {
            @Override
            protected io.grpc.ClientCall<byte[], byte[]> delegate() {
                return real;
            }

            @Override
            public void start(Listener<byte[]> told, Metadata headers) {
                super.start(told, headers);
                readyAtStart.set(call.isReady() ? 1 : 0);
            }
        });

        assertThat(readyAtStart).hasValue(1);
    }

    @Test
    void aCallThatCannotBeMadeEnds() throws Exception {
        call.start(listener, new Metadata());
        call.proceed(() -> {
            throw new IllegalStateException("no");
        });

        assertThat(listener.await().getCode()).isEqualTo(Status.Code.INTERNAL);
    }

    @Test
    void closedExecutorDoesNotLeaveTheCallOpen() throws Exception {
        DeferredCall<byte[], byte[]> orphan = new DeferredCall<>(
                task -> {
                    throw new RejectedExecutionException();
                },
                Runnable::run, settled::incrementAndGet);
        orphan.start(listener, new Metadata());
        orphan.end(Status.UNAVAILABLE);

        assertThat(listener.await().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void raceOfChoiceCancellationAndMessagesKeepsTheOrder() throws Exception {
        for (int round = 0; round < 2_000; round++) {
            RecordingListener told = new RecordingListener();
            FakeCall target = new FakeCall(CallOptions.DEFAULT);
            AtomicInteger left = new AtomicInteger();
            DeferredCall<byte[], byte[]> raced = new DeferredCall<>(Runnable::run, Runnable::run, left::incrementAndGet);
            CountDownLatch go = new CountDownLatch(1);
            Thread router = Thread.ofPlatform().start(() -> {
                awaitQuietly(go);
                raced.proceed(() -> target);
            });
            raced.start(told, new Metadata());
            go.countDown();
            for (int i = 1; i <= 5; i++) {
                raced.sendMessage(new byte[i]);
            }
            raced.cancel("done", null);
            router.join();

            if (target.log.isEmpty()) {
                assertThat(told.await().getCode()).isEqualTo(Status.Code.CANCELLED);
            } else {
                assertThat(target.log).containsExactly(
                        "start", "message 1", "message 2", "message 3", "message 4", "message 5", "cancel done");
            }
            assertThat(left).hasValue(1);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
