package dev.homeport.route;

import dev.homeport.call.CallDeadlines;
import dev.homeport.call.CallScope;
import dev.homeport.call.DeferredCall;
import dev.homeport.call.EndedCall;
import dev.homeport.carry.TaggedCall;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * The remote channel of a client that serves callbacks: its calls name the carrying stream. The first one waits
 * until the server has answered the stream, a round trip, since the server refuses to call back who names a stream
 * that it does not know. Any thread; never blocks.
 */
final class CarriedChannel extends Channel {
    private final Channel remote;
    private final Carriers carriers;
    private final CallRouter.Lifecycle lifecycle;
    /** What runs the listener of a call with these options. */
    private final Function<CallOptions, Executor> executors;

    CarriedChannel(
            Channel remote,
            Carriers carriers,
            CallRouter.Lifecycle lifecycle,
            Function<CallOptions, Executor> executors) {
        this.remote = remote;
        this.carriers = carriers;
        this.lifecycle = lifecycle;
        this.executors = executors;
    }

    @Override
    public String authority() {
        return remote.authority();
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        int depth = CallScope.nextDepth();
        if (depth > CallScope.MAX_DEPTH) {
            return new EndedCall<>(
                    Status.RESOURCE_EXHAUSTED.withDescription(CallScope.tooDeep(depth)), executors.apply(options));
        }
        return carriers.live() != null ? tagged(method, options) : deferred(method, options);
    }

    private <Q, R> ClientCall<Q, R> tagged(MethodDescriptor<Q, R> method, CallOptions options) {
        return TaggedCall.on(remote, method, options, carriers::live);
    }

    private <Q, R> ClientCall<Q, R> deferred(MethodDescriptor<Q, R> method, CallOptions options) {
        WaitingCall<Q, R> waiting = new WaitingCall<>(method, options);
        if (!lifecycle.tryEnter(waiting.call)) {
            return tagged(method, options);
        }
        waiting.call.watchDeadline(CallDeadlines.of(options), "the stream of callbacks");
        carriers.await(waiting);
        return waiting.call;
    }

    /** A call that waits for the stream. */
    private final class WaitingCall<Q, R> implements Carriers.Waiter {
        private final MethodDescriptor<Q, R> method;
        private final CallOptions options;
        private final DeferredCall<Q, R> call;

        WaitingCall(MethodDescriptor<Q, R> method, CallOptions options) {
            this.method = method;
            this.options = options;
            this.call = new DeferredCall<>(executors.apply(options), RouteThreads.calls(), this::leave);
        }

        private void leave() {
            carriers.forget(this);
            lifecycle.leave(call);
        }

        @Override
        public boolean isPatient() {
            return options.isWaitForReady();
        }

        @Override
        public void proceed() {
            call.proceed(() -> tagged(method, options));
        }
    }
}
