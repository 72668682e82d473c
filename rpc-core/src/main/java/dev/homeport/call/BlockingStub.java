package dev.homeport.call;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.InternalClientCalls;

/**
 * Recognises the calls of blocking unary stubs, whose caller can read its own reply. The mark stands in
 * {@link InternalClientCalls} alone, which is {@code @Internal}: there is no other way to know that an
 * executor only queues until the caller drains it. Should the mark go, calls are served as those of
 * asynchronous stubs, which is slower and as right.
 */
public final class BlockingStub {
    private static final CallOptions.Key<?> MARK = InternalClientCalls.getStubTypeOption();

    private BlockingStub() {}

    /** Whether the call's executor is one that the calling thread drains while it waits for the one reply. */
    public static boolean waitsFor(MethodDescriptor<?, ?> method, CallOptions options) {
        return method.getType() == MethodDescriptor.MethodType.UNARY
                && options.getExecutor() != null
                && options.getOption(MARK) != null
                && InternalClientCalls.getStubType(options) == InternalClientCalls.StubType.BLOCKING;
    }
}
