package dev.homeport.examples.host;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;

/**
 * Answers a call with what an iterator gives, as fast as the caller takes it and no faster: nothing piles up in this
 * process for a caller that reads slowly. gRPC runs one callback of a call at a time.
 */
final class Replies {
    private Replies() {}

    static <T> void send(Iterator<T> replies, StreamObserver<T> reply) {
        ServerCallStreamObserver<T> sink = (ServerCallStreamObserver<T>) reply;
        boolean[] ended = {false};
        sink.setOnCancelHandler(() -> ended[0] = true);
        sink.setOnReadyHandler(() -> {
            while (!ended[0] && sink.isReady()) {
                if (replies.hasNext()) {
                    sink.onNext(replies.next());
                } else {
                    ended[0] = true;
                    sink.onCompleted();
                }
            }
        });
    }
}
