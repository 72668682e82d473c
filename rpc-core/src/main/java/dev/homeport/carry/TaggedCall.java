package dev.homeport.carry;

import dev.homeport.call.BlockingStub;
import dev.homeport.call.CallScope;
import dev.homeport.call.EnclosingCall;
import dev.homeport.call.NestedCallbacks;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A call by TCP that names the carrying stream of its channel. If its caller waits in a blocking unary stub, it runs
 * the callbacks made in this call: gRPC's executor for such a call runs what it is given on the waiting thread.
 */
public final class TaggedCall<Q, R> extends SimpleForwardingClientCall<Q, R> implements EnclosingCall {
    private final Supplier<@Nullable ClientCarrier> carriers;
    private final int depth = CallScope.nextDepth();
    private final @Nullable CallerThread waiting;

    /** @param carriers the stream that calls are to name now; asked when the call starts */
    public TaggedCall(
            ClientCall<Q, R> call,
            MethodDescriptor<Q, R> method,
            CallOptions options,
            Supplier<@Nullable ClientCarrier> carriers) {
        super(call);
        this.carriers = carriers;
        Executor executor = options.getExecutor();
        this.waiting =
                executor != null && BlockingStub.waitsFor(method, options) ? new CallerThread(executor) : null;
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public @Nullable Executor nested() {
        return waiting == null ? null : waiting.callbacks;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
        ClientCarrier carrier = carriers.get();
        CallTag tag = carrier == null ? null : carrier.enter(this, parentOn(carrier));
        if (tag == null) {
            super.start(listener, headers);
            return;
        }
        // The program keeps its own metadata without the tag, which is nobody else's business.
        Metadata tagged = new Metadata();
        tagged.merge(headers);
        tagged.discardAll(CallTag.KEY);
        tagged.put(CallTag.KEY, tag);
        try {
            super.start(new Ending(listener, carrier, tag), tagged);
        } catch (RuntimeException | Error e) {
            carrier.leave(tag);
            throw e;
        }
    }

    private static int parentOn(ClientCarrier carrier) {
        CallScope scope = CallScope.KEY.get();
        return scope != null && scope.connection() == carrier.connection()
                ? scope.number()
                : CallTag.NO_PARENT;
    }

    private final class Ending extends SimpleForwardingClientCallListener<R> {
        private final ClientCarrier carrier;
        private final CallTag tag;

        Ending(Listener<R> listener, ClientCarrier carrier, CallTag tag) {
            super(listener);
            this.carrier = carrier;
            this.tag = tag;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (waiting != null) {
                waiting.callbacks.close();
            }
            carrier.leave(tag);
            super.onClose(status, trailers);
        }
    }

    /** The caller's thread, by the executor that it drains until the call is closed. */
    private static final class CallerThread implements Runnable {
        private final Executor executor;
        private final NestedCallbacks callbacks = new NestedCallbacks(this::wake);
        private volatile @Nullable Thread giving;

        CallerThread(Executor executor) {
            this.executor = executor;
        }

        private void wake() {
            giving = Thread.currentThread();
            try {
                executor.execute(this);
            } catch (RuntimeException e) {
                callbacks.close();
            }
            giving = null;
        }

        @Override
        public void run() {
            if (giving == Thread.currentThread()) {
                // An interceptor put an executor in its place that runs at once: the thread is gRPC's.
                callbacks.close();
            } else {
                callbacks.run();
            }
        }
    }
}
