package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Many callers at once, callers of every kind of thread, interrupts, and calls made while serving a call. */
public abstract class ConcurrencyConformance extends Conformance {
    private static final int CALLERS = 64;
    private static final int CALLS_EACH = 20;

    private void callFromMany(ExecutorService callers) {
        serveEcho();
        List<Future<?>> results = new ArrayList<>();
        for (int caller = 0; caller < CALLERS; caller++) {
            int seed = caller;
            results.add(callers.submit(() -> callManyTimes(seed)));
        }
        results.forEach(Wait::get);
    }

    private void callManyTimes(int seed) {
        for (int i = 0; i < CALLS_EACH; i++) {
            int bytes = (seed * 37 + i * 101) % 3_000;
            long sequence = (long) seed << 32 | i;
            assertThat(blocking().unary(Payload.request(bytes, sequence))).isEqualTo(Payload.reply(bytes, sequence));
        }
    }

    @Test
    void sixtyFourThreadsEachGetTheirOwnReplies() {
        try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
            channel();
            callFromMany(callers);
        }
    }

    @Test
    void sixtyFourVirtualThreadsEachGetTheirOwnReplies() {
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            channel();
            callFromMany(callers);
        }
    }

    @Test
    void sixtyFourAsyncCallsInFlightKeepTheirPayloads() throws InterruptedException {
        serveEcho();
        int calls = 3_000;
        Semaphore inFlight = new Semaphore(CALLERS);
        AtomicInteger wrong = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(calls);
        for (int i = 0; i < calls; i++) {
            int bytes = i % 500;
            EchoReply expected = Payload.reply(bytes, i);
            inFlight.acquire();
            async().unary(Payload.request(bytes, i), new StreamObserver<>() {
                @Override
                public void onNext(EchoReply reply) {
                    wrong.addAndGet(reply.equals(expected) ? 0 : 1);
                }

                @Override
                public void onError(Throwable cause) {
                    wrong.incrementAndGet();
                    onCompleted();
                }

                @Override
                public void onCompleted() {
                    inFlight.release();
                    ended.countDown();
                }
            });
        }

        Wait.on(ended);
        assertThat(wrong.get()).isZero();
    }

    @Test
    void streamsAtTheSameTimeDoNotMix() {
        serveEcho();
        channel();
        try (ExecutorService callers = Executors.newFixedThreadPool(8)) {
            List<Future<?>> results = new ArrayList<>();
            for (int stream = 0; stream < 8; stream++) {
                int bytes = 100 + stream;
                results.add(callers.submit(() -> readDownload(bytes)));
            }
            results.forEach(Wait::get);
        }
    }

    private void readDownload(int bytes) {
        Iterator<EchoReply> replies = blocking()
                .download(DownloadRequest.newBuilder()
                        .setCount(300)
                        .setBytes(bytes)
                        .build());
        for (int i = 0; i < 300; i++) {
            assertThat(replies.next()).isEqualTo(Payload.reply(bytes, i));
        }
        assertThat(replies.hasNext()).isFalse();
    }

    @Test
    void slowHandlerDelaysNoOtherCall() {
        CountDownLatch release = new CountDownLatch(1);
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                if (request.getSequence() == 0) {
                    Wait.on(release);
                }
                super.unary(request, reply);
            }
        });
        StreamRecorder<EchoRequest, EchoReply> slow = new StreamRecorder<>();
        async().unary(Payload.request(1, 0), slow);

        for (int i = 1; i < 100; i++) {
            assertThat(blocking().unary(Payload.request(1, i)).getSequence()).isEqualTo(i);
        }

        assertThat(slow.rest()).isEmpty();
        release.countDown();
        assertThat(slow.awaitEnd().isOk()).isTrue();
    }

    @Test
    void manySlowHandlersDelayNoOtherCall() {
        int slowCalls = 12;
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch arrived = new CountDownLatch(slowCalls);
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                if (request.getSequence() == 0) {
                    arrived.countDown();
                    Wait.on(release);
                }
                super.unary(request, reply);
            }
        });
        for (int i = 0; i < slowCalls; i++) {
            async().unary(Payload.request(1, 0), new StreamRecorder<>());
        }
        Wait.on(arrived);

        assertThat(blocking().unary(Payload.request(1, 5)).getSequence()).isEqualTo(5);
        release.countDown();
    }

    @Test
    void handlerMayCallItsOwnServer() {
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                if (request.getSequence() == 0) {
                    super.unary(request, reply);
                    return;
                }
                EchoRequest inner = request.toBuilder()
                        .setSequence(request.getSequence() - 1)
                        .build();
                reply.onNext(EchoGrpc.newBlockingStub(channel()).unary(inner));
                reply.onCompleted();
            }
        });
        channel();

        assertThat(blocking().unary(Payload.request(10, 5)).getSequence()).isZero();
    }

    @Test
    void listenerMayStartTheNextCall() {
        serveEcho();
        CompletableFuture<EchoReply> second = new CompletableFuture<>();
        async().unary(Payload.request(1, 1), new StreamObserver<>() {
            @Override
            public void onNext(EchoReply reply) {
                second.complete(blocking().unary(Payload.request(1, 2)));
            }

            @Override
            public void onError(Throwable cause) {
                second.completeExceptionally(cause);
            }

            @Override
            public void onCompleted() {
                // The first call is of no more interest.
            }
        });

        assertThat(Wait.get(second).getSequence()).isEqualTo(2);
    }

    @Test
    void interruptEndsABlockingCallAndTheFlagIsKept() throws InterruptedException {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        AtomicReference<Status> status = new AtomicReference<>();
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            status.set(statusOf(() -> blocking().unary(Payload.request(1, 1))));
            flag.complete(Thread.currentThread().isInterrupted());
        });
        ServerProbe.Incoming incoming = probe.awaitCall();

        caller.interrupt();

        assertThat(Wait.get(flag)).isTrue();
        assertThat(status.get().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        caller.join();
    }

    @Test
    void interruptOfAVirtualThreadEndsItsBlockingCall() throws InterruptedException {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        CompletableFuture<Status.Code> code = new CompletableFuture<>();
        Thread caller =
                Thread.ofVirtual().start(() -> code.complete(codeOf(() -> blocking().unary(Payload.request(1, 1)))));
        ServerProbe.Incoming incoming = probe.awaitCall();

        caller.interrupt();

        assertThat(Wait.get(code)).isEqualTo(Status.Code.CANCELLED);
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        caller.join();
    }

    @Test
    void interruptOfOneCallerLeavesTheOthersAlone() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        CompletableFuture<Status.Code> patient = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> patient.complete(codeOf(() -> blocking().unary(Payload.request(1, 1)))));
        ServerProbe.Incoming first = probe.awaitCall();
        CompletableFuture<Status.Code> hasty = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform()
                .start(() -> hasty.complete(codeOf(() -> blocking().unary(Payload.request(1, 2)))));
        probe.awaitCall();

        caller.interrupt();
        assertThat(Wait.get(hasty)).isEqualTo(Status.Code.CANCELLED);
        first.call().close(Status.ALREADY_EXISTS, new Metadata());

        assertThat(Wait.get(patient)).isEqualTo(Status.Code.ALREADY_EXISTS);
    }

    @Test
    void callsMayBeginWhileTheChannelIsShutDown() {
        serveEcho();
        blocking().unary(Payload.request(1, 1));
        AtomicInteger other = new AtomicInteger();
        try (ExecutorService callers = Executors.newFixedThreadPool(8)) {
            List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                results.add(callers.submit(() -> callUntilRefused(other)));
            }
            channel().shutdown();
            results.forEach(Wait::get);
        }
        Wait.until("the channel is terminated", channel()::isTerminated);
        assertThat(other.get()).isZero();
    }

    private void callUntilRefused(AtomicInteger other) {
        Status.Code code = Status.Code.OK;
        while (code == Status.Code.OK) {
            code = codeOf(() -> blocking().unary(Payload.request(1, 1)));
        }
        other.addAndGet(code == Status.Code.UNAVAILABLE ? 0 : 1);
    }
}
