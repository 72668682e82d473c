package dev.homeport.testkit.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.RoutePolicy;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A caller that serves a callback returns when its own call is over, whatever the callback does. */
@Timeout(60)
@Tag("lpc")
@ParameterizedClass
@EnumSource(value = RoutePolicy.class, names = {"LOCAL", "REMOTE"})
class HeldCallerTest {
    private static final long DEADLINE_MILLIS = 300;
    /** A callback that comes before its caller waits runs elsewhere, and shows nothing. */
    private static final int TRIES = 20;

    private final CallbackFixture fixture;
    private final CountDownLatch release = new CountDownLatch(1);

    HeldCallerTest(RoutePolicy route) {
        fixture = new CallbackFixture(route);
    }

    @AfterEach
    void close() {
        release.countDown();
        fixture.close();
    }

    /** A client's service whose unary method waits as the test says, and tells on which thread. */
    private class Waiting extends EchoService {
        final BlockingQueue<Thread> entered = new LinkedBlockingQueue<>();
        volatile Runnable wait = this::untilInterrupted;

        @Override
        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
            if (request.getSequence() == 0) {
                super.unary(request, reply);
                return;
            }
            entered.add(Thread.currentThread());
            wait.run();
            super.unary(request, reply);
        }

        void untilInterrupted() {
            try {
                release.await();
            } catch (InterruptedException e) {
                // What a handler does that ends its work: the caller's code must not hear of this.
            }
        }

        /** Leaves the interrupt where it was. */
        void untilInterruptedWithFlag() {
            while (!Thread.currentThread().isInterrupted() && release.getCount() > 0) {
                LockSupport.park(this);
            }
        }

        void uninterruptibly() {
            boolean interrupted = false;
            while (release.getCount() > 0) {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private ManagedChannel warm(EchoService service) {
        ManagedChannel channel = fixture.client(service);
        for (int i = 0; i < 20; i++) {
            assertThat(CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 0)))
                    .isOk()).isTrue();
        }
        return channel;
    }

    /** How a call ended whose callback ran on its own caller, and whether that was left interrupted. */
    private record Ended(Status status, boolean interrupted, long millis) {}

    private Ended call(EchoGrpc.EchoBlockingStub stub) {
        long begun = System.nanoTime();
        Status status = CallbackFixture.statusOf(() -> stub.unary(Payload.request(1, 1)));
        return new Ended(status, Thread.interrupted(), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    }

    /** Until the callback has run on this thread. */
    private Ended callServedHere(Waiting service, EchoGrpc.EchoBlockingStub stub, long deadlineMillis) {
        for (int i = 0; i < TRIES; i++) {
            Ended ended = call(deadlineMillis == 0 ? stub : stub.withDeadlineAfter(deadlineMillis, TimeUnit.MILLISECONDS));
            if (service.entered.remove(Thread.currentThread())) {
                return ended;
            }
        }
        throw neverCame();
    }

    private static AssertionError neverCame() {
        return new AssertionError("the callback never came to its caller, in " + TRIES + " tries");
    }

    @Test
    void deadlineEndsACallWhoseCallerSleepsInACallback() {
        Waiting service = new Waiting();
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(warm(service));

        Ended ended = callServedHere(service, stub, DEADLINE_MILLIS);

        assertThat(ended.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(ended.interrupted()).as("the caller is left interrupted").isFalse();
        assertThat(ended.millis()).isLessThan(10 * DEADLINE_MILLIS);
    }

    @Test
    void deadlineEndsACallOnAVirtualThreadThatSleepsInACallback() throws InterruptedException {
        Waiting service = new Waiting();
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(warm(service));
        BlockingQueue<Ended> ends = new LinkedBlockingQueue<>();
        Thread caller = Thread.ofVirtual().start(() -> ends.add(callServedHere(service, stub, DEADLINE_MILLIS)));
        assertThat(caller.join(java.time.Duration.ofSeconds(TRIES))).isTrue();

        Ended ended = Wait.take(ends);
        assertThat(ended.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(ended.interrupted()).isFalse();
    }

    @Test
    void handlerThatLeavesTheInterruptSetLeavesItToNobody() {
        Waiting service = new Waiting();
        service.wait = service::untilInterruptedWithFlag;
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(warm(service));

        Ended ended = callServedHere(service, stub, DEADLINE_MILLIS);

        assertThat(ended.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(ended.interrupted()).isFalse();
    }

    @Test
    void handlerThatHeedsNoInterruptHoldsNobodyTwice() {
        Waiting service = new Waiting();
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(warm(service));
        callServedHere(service, stub, DEADLINE_MILLIS);
        service.wait = service::uninterruptibly;

        for (int i = 0; i < 3; i++) {
            Ended ended = call(stub.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS));

            assertThat(ended.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(ended.millis()).isLessThan(10 * DEADLINE_MILLIS);
            assertThat(Wait.take(service.entered)).isNotEqualTo(Thread.currentThread());
        }
    }

    @Test
    void cancelledContextEndsACallWhoseCallerSleepsInACallback() {
        Waiting service = new Waiting();
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(warm(service));
        Ended ended = endedBy(service, stub, Context.current().withCancellation(), context -> context.cancel(null));

        assertThat(ended.status().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(ended.interrupted()).isFalse();
    }

    @Test
    void shutdownOfTheChannelEndsACallWhoseCallerSleepsInACallback() {
        Waiting service = new Waiting();
        ManagedChannel channel = warm(service);
        Ended ended = endedBy(service, EchoGrpc.newBlockingStub(channel), Context.current().withCancellation(),
                context -> channel.shutdownNow());

        assertThat(ended.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(ended.interrupted()).isFalse();
    }

    @Test
    void endOfTheServerEndsACallWhoseCallerSleepsInACallback() {
        Waiting service = new Waiting();
        Ended ended = endedBy(service, EchoGrpc.newBlockingStub(warm(service)), Context.current().withCancellation(),
                context -> fixture.routes.server.shutdownNow());

        assertThat(ended.status().getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
        assertThat(ended.interrupted()).isFalse();
    }

    /** Ends the first call whose callback runs on its caller, from another thread. */
    private Ended endedBy(
            Waiting service,
            EchoGrpc.EchoBlockingStub stub,
            Context.CancellableContext context,
            Consumer<Context.CancellableContext> end) {
        BlockingQueue<Ended> ends = new LinkedBlockingQueue<>();
        for (int i = 0; i < TRIES; i++) {
            Thread caller = Thread.ofPlatform().start(() -> context.run(() -> ends.add(call(stub))));
            Thread serving = Wait.take(service.entered);
            if (serving == caller) {
                end.accept(context);
                return Wait.take(ends);
            }
            serving.interrupt();
            assertThat(Wait.take(ends).status().isOk()).isTrue();
        }
        throw neverCame();
    }

    @Test
    void callersOwnInterruptCancelsItsCall() {
        // A reply that is there before the caller looks at its interrupt would count: there is none until the call is over.
        fixture.handler = (request, caller) -> {
            CountDownLatch over = new CountDownLatch(1);
            Context.current().addListener(context -> over.countDown(), Runnable::run);
            EchoReply answer = EchoGrpc.newBlockingStub(caller).unary(request);
            if (request.getSequence() != 0) {
                Wait.on(over);
            }
            return answer;
        };
        Waiting service = new Waiting();
        service.wait = service::untilInterruptedWithFlag;
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(warm(service));
        BlockingQueue<Ended> ends = new LinkedBlockingQueue<>();
        for (int i = 0; i < TRIES; i++) {
            Thread caller = Thread.ofPlatform().start(() -> ends.add(call(stub)));
            Thread serving = Wait.take(service.entered);
            caller.interrupt();

            Ended ended = Wait.take(ends);
            assertThat(ended.status().getCode()).isEqualTo(Status.Code.CANCELLED);
            assertThat(ended.interrupted()).as("the interrupt is the caller's").isTrue();
            if (serving == caller) {
                return;
            }
        }
        throw neverCame();
    }

    @Test
    void callbackThatItsMakerGaveUpHoldsNobody() {
        fixture.handler = (request, caller) -> {
            if (request.getSequence() != 0) {
                CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(caller)
                        .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                        .unary(request));
            }
            return EchoService.replyTo(request);
        };
        Waiting service = new Waiting();
        Ended ended = callServedHere(service, EchoGrpc.newBlockingStub(warm(service)), 0);

        assertThat(ended.status().isOk()).isTrue();
        assertThat(ended.interrupted()).isFalse();
    }

    @Test
    void callbackThatOutlivesItsCallDoesNotKeepTheReply() {
        Waiting service = new Waiting();
        fixture.handler = (request, caller) -> {
            if (request.getSequence() != 0) {
                EchoGrpc.newStub(caller).unary(request, new StreamRecorder<>());
                Wait.until("the client is at it", () -> service.entered.peek() != null);
            }
            return EchoService.replyTo(request);
        };
        Ended ended = callServedHere(service, EchoGrpc.newBlockingStub(warm(service)), 0);

        assertThat(ended.status().isOk()).isTrue();
        assertThat(ended.interrupted()).isFalse();
    }

    @Test
    void replyWaitsForACallbackOfAnotherContextUntilTheDeadlineAndIsStillTheReply() {
        Waiting service = new Waiting();
        AtomicBoolean made = new AtomicBoolean();
        fixture.handler = (request, caller) -> {
            if (request.getSequence() != 0) {
                // Not cancelled with the call, nor out of time with it.
                Context.current().fork().run(() -> EchoGrpc.newStub(caller)
                        .withDeadlineAfter(1, TimeUnit.HOURS)
                        .unary(request, new StreamRecorder<>()));
                made.set(true);
                Wait.until("the client is at it", () -> service.entered.peek() != null);
            }
            return EchoService.replyTo(request);
        };
        Ended ended = callServedHere(service, EchoGrpc.newBlockingStub(warm(service)), DEADLINE_MILLIS);

        assertThat(made).isTrue();
        assertThat(ended.status().isOk()).isTrue();
        assertThat(ended.interrupted()).isFalse();
        assertThat(ended.millis()).isLessThan(10 * DEADLINE_MILLIS);
    }
}
