package dev.homeport.generic;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;

/**
 * Calls any method by its full name, such as {@code package.Service/Method}, without generated code. Requests may
 * be dynamic or generated messages of the method's type; replies are dynamic. {@link #json} does the same in JSON.
 * Everything a stub of gRPC has (deadlines, interceptors, call options) is here as well. Thread-safe.
 *
 * <p>A name that is not known, a method of another shape and a request of another type throw
 * {@link io.grpc.StatusRuntimeException} at once, naming what is wrong; failures of the call itself come as with
 * any stub. With reflection, the first call to a service asks its server and blocks for it.
 */
public final class GenericStub extends AbstractStub<GenericStub> {
    private final MethodTable methods;

    private GenericStub(Channel channel, CallOptions options, MethodTable methods) {
        super(channel, options);
        this.methods = methods;
    }

    /** A stub for the services of a schema. */
    public static GenericStub of(Channel channel, Schema schema) {
        return new GenericStub(channel, CallOptions.DEFAULT, new MethodTable(schema));
    }

    /** A stub for whatever the channel's server has, by reflection; remembered for as long as the stub lives. */
    public static GenericStub byReflection(Channel channel) {
        return of(channel, Schema.reflectedBy(channel));
    }

    @Override
    protected GenericStub build(Channel channel, CallOptions callOptions) {
        return new GenericStub(channel, callOptions, methods);
    }

    /** The same stub in JSON. */
    public JsonStub json() {
        return new JsonStub(this);
    }

    public Schema schema() {
        return methods.schema();
    }

    /**
     * The method of that name.
     *
     * @throws io.grpc.StatusRuntimeException if there is none, naming what there is
     */
    public GenericMethod method(String name) {
        return methods.get(name);
    }

    /** An empty request of that method, to be filled. */
    public DynamicMessage.Builder newRequest(String name) {
        return method(name).newRequest();
    }

    /** Calls a unary method and waits for its reply. */
    public DynamicMessage unary(String name, Message request) {
        GenericMethod method = methodOf(name, MethodType.UNARY);
        return ClientCalls.blockingUnaryCall(
                getChannel(), method.descriptor(), getCallOptions(), method.requireRequest(request));
    }

    /** Calls a unary method. */
    public ListenableFuture<DynamicMessage> futureUnary(String name, Message request) {
        GenericMethod method = methodOf(name, MethodType.UNARY);
        return ClientCalls.futureUnaryCall(newCall(method), method.requireRequest(request));
    }

    /** Calls a unary method. */
    public void unary(String name, Message request, StreamObserver<DynamicMessage> reply) {
        GenericMethod method = methodOf(name, MethodType.UNARY);
        ClientCalls.asyncUnaryCall(newCall(method), method.requireRequest(request), reply);
    }

    /** Calls a method with a stream of replies; the iterator waits for each of them. */
    public Iterator<DynamicMessage> serverStreaming(String name, Message request) {
        GenericMethod method = methodOf(name, MethodType.SERVER_STREAMING);
        return ClientCalls.blockingServerStreamingCall(
                getChannel(), method.descriptor(), getCallOptions(), method.requireRequest(request));
    }

    /** Calls a method with a stream of replies. */
    public void serverStreaming(String name, Message request, StreamObserver<DynamicMessage> replies) {
        GenericMethod method = methodOf(name, MethodType.SERVER_STREAMING);
        ClientCalls.asyncServerStreamingCall(newCall(method), method.requireRequest(request), replies);
    }

    /** Calls a method with a stream of requests, which the caller sends by what is returned. */
    public StreamObserver<Message> clientStreaming(String name, StreamObserver<DynamicMessage> reply) {
        GenericMethod method = methodOf(name, MethodType.CLIENT_STREAMING);
        return new CheckedRequests(method, ClientCalls.asyncClientStreamingCall(newCall(method), reply));
    }

    /** Calls a method with streams both ways; the caller sends requests by what is returned. */
    public StreamObserver<Message> bidiStreaming(String name, StreamObserver<DynamicMessage> replies) {
        GenericMethod method = methodOf(name, MethodType.BIDI_STREAMING);
        return new CheckedRequests(method, ClientCalls.asyncBidiStreamingCall(newCall(method), replies));
    }

    private GenericMethod methodOf(String name, MethodType type) {
        GenericMethod method = methods.get(name);
        method.requireType(type);
        return method;
    }

    private ClientCall<Message, DynamicMessage> newCall(GenericMethod method) {
        return getChannel().newCall(method.descriptor(), getCallOptions());
    }

    /** Lets requests of the method's type through, and throws at others without harm to the call. */
    private record CheckedRequests(GenericMethod method, StreamObserver<Message> requests)
            implements StreamObserver<Message> {
        @Override
        public void onNext(Message request) {
            requests.onNext(method.requireRequest(request));
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
}
