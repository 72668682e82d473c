package dev.homeport.examples.approvals;

import dev.homeport.Peer;
import dev.homeport.examples.approvals.proto.ApproverGrpc;
import dev.homeport.examples.approvals.proto.Doubt;
import dev.homeport.examples.approvals.proto.FollowReply;
import dev.homeport.examples.approvals.proto.Progress;
import dev.homeport.examples.approvals.proto.Verdict;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The client that a batch is done for, as its server sees it: told of progress, and asked. Made in the handler. */
final class AskedCaller implements AutoCloseable {
    private final ApproverGrpc.ApproverBlockingStub approver;
    private final Duration patience;
    private final Follower follower = new Follower();

    /** @param patience how long an answer may take */
    AskedCaller(Peer caller, Duration patience) {
        Channel back = caller.callbackChannel();
        this.approver = ApproverGrpc.newBlockingStub(back);
        this.patience = patience;
        ApproverGrpc.newStub(back).follow(follower);
    }

    /** Throws CANCELLED once nobody waits for the batch: the caller has died, given up, or is out of time. */
    static void requireWaiting() {
        if (Context.current().isCancelled()) {
            throw Status.CANCELLED.withDescription("the caller is gone").asRuntimeException();
        }
    }

    /** Tells how far it is, unless the caller is slow to hear it: the next note tells more. */
    void tell(Progress progress) {
        follower.tell(progress);
    }

    /** Asks about a file, and waits for the answer. */
    Verdict.Choice ask(Doubt doubt) {
        requireWaiting();
        try {
            return approver.withDeadlineAfter(patience.toNanos(), TimeUnit.NANOSECONDS).approve(doubt).getChoice();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
                throw Status.DEADLINE_EXCEEDED
                        .withDescription(
                                "no answer about " + doubt.getPath() + " within " + patience.toMillis() + " ms")
                        .withCause(e)
                        .asRuntimeException();
            }
            throw e;
        }
    }

    @Override
    public void close() {
        follower.end();
    }

    /** Sends notes of progress. What becomes of them changes nothing for the batch. Thread-safe as its stream is. */
    private static final class Follower implements ClientResponseObserver<Progress, FollowReply> {
        private volatile @Nullable ClientCallStreamObserver<Progress> notes;

        @Override
        public void beforeStart(ClientCallStreamObserver<Progress> requests) {
            notes = requests;
        }

        void tell(Progress progress) {
            ClientCallStreamObserver<Progress> sink = notes;
            if (sink != null && (sink.isReady() || progress.getFilesRead() == progress.getFiles())) {
                sink.onNext(progress);
            }
        }

        void end() {
            ClientCallStreamObserver<Progress> sink = notes;
            if (sink != null) {
                sink.onCompleted();
            }
        }

        @Override
        public void onNext(FollowReply reply) {}

        @Override
        public void onError(Throwable cause) {
            notes = null;
        }

        @Override
        public void onCompleted() {
            notes = null;
        }
    }
}
