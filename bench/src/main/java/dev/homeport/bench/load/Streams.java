package dev.homeport.bench.load;

import dev.homeport.bench.proto.Body;
import dev.homeport.bench.proto.Count;
import dev.homeport.bench.proto.EchoGrpc;
import io.grpc.ManagedChannel;

/**
 * S: one stream of small messages in one direction or both. Senders keep to {@code isReady}; receivers request
 * messages one by one, as stubs do unless told otherwise, or have 64 requested ahead.
 */
public final class Streams implements Load {
    public static final String KIND = "kind";
    public static final String SERVER = "server";
    public static final String CLIENT = "client";
    public static final String BIDI = "bidi";
    public static final String AHEAD = "ahead";

    private static final int BYTES = 32;
    private static final int ONE_BY_ONE = 1;

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        ManagedChannel channel = subject.grpc().shared();
        int ahead = parameters.number(AHEAD);
        return switch (parameters.text(KIND)) {
            case SERVER -> StreamDown.run(channel, GrpcSubject.body(BYTES), ahead, nanos);
            case CLIENT -> upload(channel, ahead, nanos);
            case BIDI -> chat(channel, ahead, nanos);
            default -> throw new IllegalArgumentException("unknown kind: " + parameters.text(KIND));
        };
    }

    private static Figures upload(ManagedChannel channel, int ahead, long nanos) throws Exception {
        EchoGrpc.EchoStub stub = EchoGrpc.newStub(channel);
        StreamUp<Count> stream = new StreamUp<>(GrpcSubject.body(BYTES), ahead, nanos, Count::getMessages);
        if (ahead > ONE_BY_ONE) {
            stub.uploadAhead(stream);
        } else {
            stub.upload(stream);
        }
        return stream.finish();
    }

    private static Figures chat(ManagedChannel channel, int ahead, long nanos) throws Exception {
        EchoGrpc.EchoStub stub = EchoGrpc.newStub(channel);
        StreamUp<Body> stream = new StreamUp<>(GrpcSubject.body(BYTES), ahead, nanos, StreamUp::readOne);
        if (ahead > ONE_BY_ONE) {
            stub.chatAhead(stream);
        } else {
            stub.chat(stream);
        }
        return stream.finish();
    }
}
