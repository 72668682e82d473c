package dev.homeport.bench.load;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.homeport.bench.proto.Body;
import dev.homeport.bench.proto.EchoGrpc;
import dev.homeport.bench.rival.Reading;
import dev.homeport.generic.GenericStub;
import dev.homeport.generic.Schema;
import io.grpc.ManagedChannel;
import java.lang.management.ManagementFactory;

/**
 * B: one thread that calls, on a channel whose client serves callbacks: plain calls, calls that are called back once,
 * and calls by name without generated code.
 */
public final class SessionCalls implements Load {
    public static final String KIND = "kind";
    public static final String PLAIN = "plain";
    public static final String CALLED_BACK = "called-back";
    public static final String GENERIC = "generic";
    /** Threads that the client's process began in the run. */
    public static final String THREADS = "client_threads_begun";

    private static final int BYTES = 32;

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        ManagedChannel channel = subject.grpc().serving();
        Subject.Call call =
                switch (parameters.text(KIND)) {
                    case PLAIN -> GrpcSubject.caller(channel, BYTES);
                    case CALLED_BACK -> calledBack(channel);
                    case GENERIC -> generic(channel);
                    default -> throw new IllegalArgumentException("unknown kind: " + parameters.text(KIND));
                };
        long before = threadsBegun();
        Figures figures = OneCaller.run(call, nanos);
        return figures.put(THREADS, threadsBegun() - before);
    }

    private static long threadsBegun() {
        return ManagementFactory.getThreadMXBean().getTotalStartedThreadCount();
    }

    private static Subject.Call calledBack(ManagedChannel channel) {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
        ByteString payload = GrpcSubject.body(BYTES).getPayload();
        return () -> read(
                stub.calledBack(Body.newBuilder().setPayload(payload).build()).getPayload(), payload);
    }

    private static Subject.Call generic(ManagedChannel channel) {
        GenericStub stub = GenericStub.of(channel, Schema.of(EchoGrpc.getServiceDescriptor()));
        String method = EchoGrpc.getUnaryMethod().getFullMethodName();
        FieldDescriptor field = Body.getDescriptor().findFieldByNumber(Body.PAYLOAD_FIELD_NUMBER);
        ByteString payload = GrpcSubject.body(BYTES).getPayload();
        return () -> {
            DynamicMessage reply = stub.unary(method, stub.newRequest(method).setField(field, payload).build());
            read((ByteString) reply.getField(field), payload);
        };
    }

    private static void read(ByteString reply, ByteString expected) {
        if (Reading.sum(reply) != Reading.sum(expected)) {
            throw new IllegalStateException("reply differs: bytes=" + reply.size());
        }
    }
}
