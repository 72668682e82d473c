package dev.homeport.bench.rival;

import dev.homeport.Peer;
import dev.homeport.bench.proto.Body;
import dev.homeport.bench.proto.Count;
import dev.homeport.bench.proto.EchoGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/** The service that is called. Has no state; streams keep to {@code isReady} as a careful program does. */
public final class EchoService extends EchoGrpc.EchoImplBase {
    /** Messages that are requested ahead by those who do so. */
    public static final int AHEAD = 64;

    private static final int ONE_BY_ONE = 1;

    @Override
    public void unary(Body request, StreamObserver<Body> replies) {
        replies.onNext(echo(request));
        replies.onCompleted();
    }

    @Override
    public void calledBack(Body request, StreamObserver<Body> replies) {
        Peer caller = Peer.current();
        if (caller == null) {
            throw new IllegalStateException("only Homeport's servers know who calls");
        }
        unary(EchoGrpc.newBlockingStub(caller.callbackChannel()).unary(request), replies);
    }

    private static Body echo(Body request) {
        Reading.sum(request.getPayload());
        return Body.newBuilder().setPayload(request.getPayload()).build();
    }

    @Override
    public void download(Body request, StreamObserver<Body> replies) {
        ServerCallStreamObserver<Body> caller = (ServerCallStreamObserver<Body>) replies;
        Reading.sum(request.getPayload());
        // A handler must be there, or a cancelled call makes onNext throw.
        caller.setOnCancelHandler(() -> {});
        caller.setOnReadyHandler(() -> {
            while (caller.isReady() && !caller.isCancelled()) {
                caller.onNext(Body.newBuilder().setPayload(request.getPayload()).build());
            }
        });
    }

    @Override
    public StreamObserver<Body> upload(StreamObserver<Count> replies) {
        return new Counting(replies, ONE_BY_ONE);
    }

    @Override
    public StreamObserver<Body> uploadAhead(StreamObserver<Count> replies) {
        return new Counting(replies, AHEAD);
    }

    @Override
    public StreamObserver<Body> chat(StreamObserver<Body> replies) {
        return new Echoing(replies, ONE_BY_ONE);
    }

    @Override
    public StreamObserver<Body> chatAhead(StreamObserver<Body> replies) {
        return new Echoing(replies, AHEAD);
    }

    /** Reads messages and tells in the end how many came. */
    private static final class Counting implements StreamObserver<Body> {
        private final ServerCallStreamObserver<Count> caller;
        private long messages;

        Counting(StreamObserver<Count> replies, int ahead) {
            this.caller = (ServerCallStreamObserver<Count>) replies;
            caller.disableAutoRequest();
            caller.request(ahead);
        }

        @Override
        public void onNext(Body body) {
            Reading.sum(body.getPayload());
            messages++;
            caller.request(1);
        }

        @Override
        public void onError(Throwable failure) {
            // The caller has gone.
        }

        @Override
        public void onCompleted() {
            caller.onNext(Count.newBuilder().setMessages(messages).build());
            caller.onCompleted();
        }
    }

    /** Sends each message back, and asks for more only as long as the caller takes what is sent. */
    private static final class Echoing implements StreamObserver<Body> {
        private final ServerCallStreamObserver<Body> caller;
        /** Messages that were echoed while the caller was not ready, and are not requested anew yet. */
        private int owed;

        Echoing(StreamObserver<Body> replies, int ahead) {
            this.caller = (ServerCallStreamObserver<Body>) replies;
            caller.disableAutoRequest();
            caller.setOnReadyHandler(this::onReady);
            caller.request(ahead);
        }

        @Override
        public void onNext(Body body) {
            caller.onNext(echo(body));
            owed++;
            onReady();
        }

        private void onReady() {
            if (owed > 0 && caller.isReady()) {
                int request = owed;
                owed = 0;
                caller.request(request);
            }
        }

        @Override
        public void onError(Throwable failure) {
            // The caller has gone.
        }

        @Override
        public void onCompleted() {
            caller.onCompleted();
        }
    }
}
