package dev.homeport.carry;

import dev.homeport.call.BlockingStub;
import dev.homeport.call.CallDeadlines;
import dev.homeport.call.CallScope;
import dev.homeport.call.EnclosingCall;
import dev.homeport.call.NestedCallbacks;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Deadline;
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

    private TaggedCall(
            ClientCall<Q, R> call, @Nullable CallerThread waiting, Supplier<@Nullable ClientCarrier> carriers) {
        super(call);
        this.waiting = waiting;
        this.carriers = carriers;
    }

    /**
     * A call through the remote channel.
     *
     * @param carriers the stream that calls are to name now; asked when the call starts
     */
    public static <Q, R> TaggedCall<Q, R> on(
            Channel remote,
            MethodDescriptor<Q, R> method,
            CallOptions options,
            Supplier<@Nullable ClientCarrier> carriers) {
        Executor executor = options.getExecutor();
        if (executor == null || !BlockingStub.waitsFor(method, options)) {
            return new TaggedCall<>(remote.newCall(method, options), null, carriers);
        }
        CallerThread waiting = new CallerThread(executor, CallDeadlines.of(options));
        CallOptions traced = options.withStreamTracerFactory(new EndWatch(waiting.callbacks));
        return new TaggedCall<>(remote.newCall(method, traced), waiting, carriers);
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public @Nullable NestedCallbacks nested() {
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

    /**
     * Tells of the call's end where it happens. The listener hears of it on the caller's thread, which may be in a
     * callback. If gRPC tries the call again after that, callbacks of the later try run elsewhere.
     */
    private static final class EndWatch extends ClientStreamTracer.Factory {
        private final NestedCallbacks callbacks;

        EndWatch(NestedCallbacks callbacks) {
            this.callbacks = callbacks;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
                private volatile boolean replied;

                @Override
                public void inboundTrailers(Metadata trailers) {
                    replied = true;
                }

                @Override
                public void streamClosed(Status status) {
                    if (!replied) {
                        callbacks.end();
                    }
                }
            };
        }
    }

    /** The caller's thread, by the executor that it drains until the call is closed. */
    private static final class CallerThread implements Runnable {
        private final Executor executor;
        private final NestedCallbacks callbacks;
        private volatile @Nullable Thread giving;

        CallerThread(Executor executor, @Nullable Deadline deadline) {
            this.executor = executor;
            // gRPC ends the call at its deadline by itself.
            this.callbacks = new NestedCallbacks(this::wake, deadline, () -> {});
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
