package dev.homeport.generic;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;

/**
 * A {@link GenericStub} whose requests and replies are JSON, as protobuf maps it. JSON that is malformed, too deep
 * (100 levels), too large (4 Mi characters), or does not fit the request's type throws
 * {@link io.grpc.StatusRuntimeException} INVALID_ARGUMENT at once, naming the field; nothing is sent then, and a
 * stream of requests stays open. Thread-safe.
 */
public final class JsonStub {
    private final GenericStub stub;

    JsonStub(GenericStub stub) {
        this.stub = stub;
    }

    /** Calls a unary method and waits for its reply. */
    public String unary(String name, String request) {
        GenericMethod method = stub.method(name);
        return method.toJson(stub.unary(name, method.requestOf(request)));
    }

    /** Calls a unary method. */
    public void unary(String name, String request, StreamObserver<String> reply) {
        GenericMethod method = stub.method(name);
        stub.unary(name, method.requestOf(request), new Replies(method, reply));
    }

    /** Calls a method with a stream of replies; the iterator waits for each of them. */
    public Iterator<String> serverStreaming(String name, String request) {
        GenericMethod method = stub.method(name);
        Iterator<DynamicMessage> replies = stub.serverStreaming(name, method.requestOf(request));
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return replies.hasNext();
            }

            @Override
            public String next() {
                return method.toJson(replies.next());
            }
        };
    }

    /** Calls a method with a stream of replies. */
    public void serverStreaming(String name, String request, StreamObserver<String> replies) {
        GenericMethod method = stub.method(name);
        stub.serverStreaming(name, method.requestOf(request), new Replies(method, replies));
    }

    /** Calls a method with a stream of requests, which the caller sends by what is returned. */
    public StreamObserver<String> clientStreaming(String name, StreamObserver<String> reply) {
        GenericMethod method = stub.method(name);
        return new Requests(method, stub.clientStreaming(name, new Replies(method, reply)));
    }

    /** Calls a method with streams both ways; the caller sends requests by what is returned. */
    public StreamObserver<String> bidiStreaming(String name, StreamObserver<String> replies) {
        GenericMethod method = stub.method(name);
        return new Requests(method, stub.bidiStreaming(name, new Replies(method, replies)));
    }

    private record Requests(GenericMethod method, StreamObserver<Message> requests)
            implements StreamObserver<String> {
        @Override
        public void onNext(String request) {
            requests.onNext(method.requestOf(request));
        }

        @Override
        public void onError(Throwable cause) {
            requests.onError(cause);
        }

        @Override
        public void onCompleted() {
            requests.onCompleted();
        }
    }

    private record Replies(GenericMethod method, StreamObserver<String> replies)
            implements StreamObserver<DynamicMessage> {
        @Override
        public void onNext(DynamicMessage reply) {
            replies.onNext(method.toJson(reply));
        }

        @Override
        public void onError(Throwable cause) {
            replies.onError(cause);
        }

        @Override
        public void onCompleted() {
            replies.onCompleted();
        }
    }
}
