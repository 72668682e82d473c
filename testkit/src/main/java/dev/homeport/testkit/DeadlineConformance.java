package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Deadlines: of the call, of the Context, as the server sees them, and through nested calls. */
public abstract class DeadlineConformance extends Conformance {
    private static final int SHORT_MILLIS = 60;
    private static final EchoRequest SLOW =
            EchoRequest.newBuilder().setDelayMillis(3_000).build();

    private final ServerProbe probe = new ServerProbe();

    @Test
    void lateReplyIsDeadlineExceeded() {
        serveEcho();
        long start = System.nanoTime();

        Status status = statusOf(() -> blocking().withDeadlineAfter(SHORT_MILLIS, TimeUnit.MILLISECONDS).unary(SLOW));

        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(millis).isBetween((long) SHORT_MILLIS - 1, 2_000L);
    }

    @Test
    void replyInTimeIsNotDisturbed() {
        serveEcho();

        EchoReply reply = blocking().withDeadlineAfter(5, TimeUnit.SECONDS).unary(Payload.request(4, 4));

        assertThat(reply.getSequence()).isEqualTo(4);
    }

    @Test
    void expiredDeadlineFailsAtOnceAndNeverReachesTheServer() {
        serve(probe.service());
        connect();

        Status status = statusOf(() ->
                blocking().withDeadlineAfter(-10, TimeUnit.SECONDS).unary(Payload.request(1, 1)));

        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        CallRecorder<EchoReply> next = new CallRecorder<>();
        channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT).start(next, new Metadata());
        assertThat(probe.awaitCall().call().getMethodDescriptor().getFullMethodName())
                .isEqualTo(ServerProbe.chat().getFullMethodName());
    }

    private void connect() {
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT).start(recorder, new Metadata());
        probe.awaitCall().call().close(Status.OK, new Metadata());
        recorder.awaitStatus();
    }

    @Test
    void deadlineCancelsTheContextAndTheCallOfTheHandler() {
        serve(probe.service());
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        start(CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS), recorder);
        ServerProbe.Incoming incoming = probe.awaitCall();

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);

        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        Wait.until("the Context is cancelled", incoming.context()::isCancelled);
    }

    private ClientCall<EchoRequest, EchoReply> start(CallOptions options, CallRecorder<EchoReply> recorder) {
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), options);
        call.start(recorder, new Metadata());
        call.request(10);
        return call;
    }

    @Test
    void handlerSeesTheDeadline() {
        serve(probe.service());
        start(CallOptions.DEFAULT.withDeadlineAfter(40, TimeUnit.SECONDS), new CallRecorder<>());

        Deadline deadline = probe.awaitCall().context().getDeadline();

        assertThat(deadline).isNotNull();
        assertThat(deadline.timeRemaining(TimeUnit.SECONDS)).isBetween(30L, 40L);
    }

    @Test
    void handlerSeesNoDeadlineWhereThereIsNone() {
        serve(probe.service());
        start(CallOptions.DEFAULT, new CallRecorder<>());

        assertThat(probe.awaitCall().context().getDeadline()).isNull();
    }

    @Test
    void deadlineOfTheContextIsInherited() {
        serve(probe.service());
        inDeadline(40, () -> start(CallOptions.DEFAULT, new CallRecorder<>()));

        assertThat(probe.awaitCall().context().getDeadline().timeRemaining(TimeUnit.SECONDS)).isBetween(30L, 40L);
    }

    private static void inDeadline(int seconds, Runnable code) {
        try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
            Context.current()
                    .withDeadlineAfter(seconds, TimeUnit.SECONDS, timer)
                    .run(code);
            timer.shutdownNow();
        }
    }

    @Test
    void earlierDeadlineOfContextAndCallWins() {
        serve(probe.service());
        inDeadline(
                20,
                () -> start(CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.SECONDS), new CallRecorder<>()));
        assertThat(probe.awaitCall().context().getDeadline().timeRemaining(TimeUnit.SECONDS)).isBetween(10L, 20L);

        inDeadline(
                100,
                () -> start(CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), new CallRecorder<>()));
        assertThat(probe.awaitCall().context().getDeadline().timeRemaining(TimeUnit.SECONDS)).isBetween(10L, 20L);
    }

    @Test
    void deadlineOfTheContextEndsTheCall() {
        serveEcho();
        AtomicReference<Status.Code> code = new AtomicReference<>();
        try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
            Context.current()
                    .withDeadlineAfter(SHORT_MILLIS, TimeUnit.MILLISECONDS, timer)
                    .run(() -> code.set(codeOf(() -> blocking().unary(SLOW))));
            timer.shutdownNow();
        }

        assertThat(code.get()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void nestedCallInheritsTheDeadline() {
        CompletableFuture<Deadline> nested = new CompletableFuture<>();
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                if (request.getSequence() == 1) {
                    reply.onNext(EchoGrpc.newBlockingStub(channel()).unary(Payload.request(1, 2)));
                } else {
                    nested.complete(Context.current().getDeadline());
                    reply.onNext(replyTo(request));
                }
                reply.onCompleted();
            }
        });

        EchoReply reply = blocking().withDeadlineAfter(40, TimeUnit.SECONDS).unary(Payload.request(1, 1));

        assertThat(reply.getSequence()).isEqualTo(2);
        assertThat(Wait.get(nested).timeRemaining(TimeUnit.SECONDS)).isBetween(30L, 40L);
    }

    @Test
    void deadlineEndsAStreamThatIsStillOpen() {
        serve(new EchoService() {
            @Override
            public void download(DownloadRequest request, StreamObserver<EchoReply> reply) {
                reply.onNext(Payload.reply(1, 0));
            }
        });

        Iterator<EchoReply> replies = blocking()
                .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                .download(DownloadRequest.getDefaultInstance());

        assertThat(replies.next().getSequence()).isZero();
        assertThat(codeOf(replies::hasNext)).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void deadlineEndsACallWhoseListenerAsksForNothing() {
        serve(probe.service());
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel()
                .newCall(
                        ServerProbe.chat(),
                        CallOptions.DEFAULT.withDeadlineAfter(SHORT_MILLIS, TimeUnit.MILLISECONDS));
        call.start(recorder, new Metadata());

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void deadlineOfOneCallLeavesTheOthersAlone() {
        serve(probe.service());
        CallRecorder<EchoReply> patient = new CallRecorder<>();
        CallRecorder<EchoReply> hasty = new CallRecorder<>();
        start(CallOptions.DEFAULT, patient);
        ServerProbe.Incoming first = probe.awaitCall();
        start(CallOptions.DEFAULT.withDeadlineAfter(SHORT_MILLIS, TimeUnit.MILLISECONDS), hasty);
        assertThat(hasty.awaitStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);

        first.call().close(Status.OK, new Metadata());

        assertThat(patient.awaitStatus().isOk()).isTrue();
    }

    @Test
    void handlerMayListenForTheDeadline() {
        CountDownLatch cancelled = new CountDownLatch(1);
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                Context.current().addListener(context -> cancelled.countDown(), Runnable::run);
            }
        });

        Status.Code code = codeOf(() ->
                blocking().withDeadlineAfter(SHORT_MILLIS, TimeUnit.MILLISECONDS).unary(Payload.request(1, 1)));

        assertThat(code).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        Wait.on(cancelled);
    }

    @Test
    void deadlineWithoutAServerIsDeadlineExceeded() {
        serveEcho().shutdownNow();

        Status.Code code = codeOf(() -> blocking()
                .withWaitForReady()
                .withDeadlineAfter(SHORT_MILLIS, TimeUnit.MILLISECONDS)
                .unary(Payload.request(1, 1)));

        assertThat(code).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
}
