package dev.homeport.examples.approvals;

import dev.homeport.examples.approvals.proto.ApproverGrpc;
import dev.homeport.examples.approvals.proto.Doubt;
import dev.homeport.examples.approvals.proto.FollowReply;
import dev.homeport.examples.approvals.proto.Progress;
import dev.homeport.examples.approvals.proto.Verdict;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What the client serves to the server that it calls. Questions are answered on a thread of its own: a callback runs on
 * the thread that waits for the call, and would hold it while a person thinks, beyond the end of the batch. Thread-safe;
 * who makes it closes it.
 */
final class ApproverService extends ApproverGrpc.ApproverImplBase implements AutoCloseable {
    private static final long NOTE_INTERVAL_NANOS = 200_000_000;

    private final Policy policy;
    private final PrintWriter notes;
    private final ExecutorService answers =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().name("answers").daemon().factory());

    ApproverService(Policy policy, PrintWriter notes) {
        this.policy = policy;
        this.notes = notes;
    }

    @Override
    public void approve(Doubt doubt, StreamObserver<Verdict> reply) {
        // Without a handler of its own, a question that was taken back would throw at its answer.
        ((ServerCallStreamObserver<Verdict>) reply).setOnCancelHandler(() -> {});
        answers.execute(() -> answer(doubt, reply));
    }

    private void answer(Doubt doubt, StreamObserver<Verdict> reply) {
        Verdict.Choice choice;
        try {
            choice = policy.decide(doubt);
        } catch (RuntimeException e) {
            reply.onError(Status.INTERNAL.withDescription("no answer").withCause(e).asRuntimeException());
            return;
        }
        reply.onNext(Verdict.newBuilder().setChoice(choice).build());
        reply.onCompleted();
    }

    @Override
    public StreamObserver<Progress> follow(StreamObserver<FollowReply> reply) {
        return new StreamObserver<>() {
            private long lastNanos = System.nanoTime() - NOTE_INTERVAL_NANOS;

            @Override
            public void onNext(Progress progress) {
                long now = System.nanoTime();
                if (now - lastNanos >= NOTE_INTERVAL_NANOS || progress.getFilesRead() == progress.getFiles()) {
                    lastNanos = now;
                    notes.println(progress.getFilesRead() + " of " + progress.getFiles() + " files read, "
                            + progress.getBytesRead() + " bytes");
                    notes.flush();
                }
            }

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onCompleted() {
                reply.onNext(FollowReply.getDefaultInstance());
                reply.onCompleted();
            }
        };
    }

    @Override
    public void close() {
        answers.shutdownNow();
    }
}
