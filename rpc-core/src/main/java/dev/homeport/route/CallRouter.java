package dev.homeport.route;

import dev.homeport.Route;
import dev.homeport.RoutePolicy;
import dev.homeport.call.CallDeadlines;
import dev.homeport.call.CredentialedCall;
import dev.homeport.call.DeferredCall;
import dev.homeport.call.EndedCall;
import dev.homeport.route.LocalRoute.Patience;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.CompositeCallCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Decides for each call which way it takes. The innermost channel of a {@link RoutedChannel}, under the
 * program's interceptors. Any thread; never blocks. While a connection is open and nothing special is
 * asked for, the decision is one volatile read.
 */
final class CallRouter extends Channel {
    static final String POLICY_IS_REMOTE = "the policy is remote";

    /** Counts calls that are not on any route yet, so that a shutdown waits for them. */
    interface Lifecycle {
        /** Whether a call may still be made; if so it counts as waiting until {@link #leave}. */
        boolean tryEnter(DeferredCall<?, ?> call);

        void leave(DeferredCall<?, ?> call);
    }

    /**
     * What the calls of a channel have in common.
     *
     * @param executor runs listeners of calls that name none themselves
     * @param credentials of the channel, or null
     * @param methods of the default service config, or null
     * @param sections told of methods that are called before there is a connection
     * @param neverLocal why no call may go local; empty if calls may
     */
    record Rules(
            RoutePolicies policies,
            @Nullable Executor executor,
            @Nullable CallCredentials credentials,
            @Nullable MethodConfigs methods,
            String authority,
            SectionWishes sections,
            String neverLocal) {}

    private final LocalRoute local;
    private final @Nullable Channel remote;
    private final Rules rules;
    private final RouteNote note;
    private final Lifecycle lifecycle;
    /** Whether a call with plain options needs nothing but a connection to go local. */
    private final boolean plain;

    CallRouter(LocalRoute local, @Nullable Channel remote, Rules rules, RouteNote note, Lifecycle lifecycle) {
        this.local = local;
        this.remote = remote;
        this.rules = rules;
        this.note = note;
        this.lifecycle = lifecycle;
        this.plain = rules.policies().everyCallMayGoLocal()
                && rules.neverLocal().isEmpty() && rules.credentials() == null && rules.methods() == null;
    }

    @Override
    public String authority() {
        return remote != null ? remote.authority() : rules.authority();
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        LocalPath path = local.path();
        if (path != null && plain && options.getCredentials() == null) {
            return path.newCall(method, options, this);
        }
        return routed(method, options, path);
    }

    private <Q, R> ClientCall<Q, R> routed(
            MethodDescriptor<Q, R> method, CallOptions options, @Nullable LocalPath path) {
        RoutePolicy policy = policyOf(method);
        if (policy == RoutePolicy.REMOTE) {
            return elsewhere(method, options, policy, POLICY_IS_REMOTE);
        }
        if (!rules.neverLocal().isEmpty()) {
            return elsewhere(method, options, policy, rules.neverLocal());
        }
        if (path != null) {
            return onPath(path, method, options);
        }
        Patience patience = policy == RoutePolicy.AUTO ? Patience.BRIEF : patienceOf(localOptions(method, options));
        if (!local.isWorthWaiting(patience)) {
            LocalPath found = local.path();
            return found != null
                    ? onPath(found, method, options)
                    : elsewhere(method, options, policy, note.route().reason());
        }
        return deferred(method, options, policy, patience);
    }

    /** Without a remote channel there is nothing else than local. */
    private RoutePolicy policyOf(MethodDescriptor<?, ?> method) {
        return remote == null ? RoutePolicy.LOCAL : rules.policies().of(method);
    }

    private static Patience patienceOf(CallOptions options) {
        return options.isWaitForReady() ? Patience.UNLIMITED : Patience.ATTEMPT;
    }

    private <Q, R> ClientCall<Q, R> elsewhere(
            MethodDescriptor<Q, R> method, CallOptions options, RoutePolicy policy, String reason) {
        if (policy == RoutePolicy.LOCAL || remote == null) {
            return new EndedCall<>(
                    Status.UNAVAILABLE.withDescription("No local route: " + reason), executorOf(options));
        }
        return new RemoteCall<>(remote.newCall(method, options), Route.remote(reason));
    }

    private CallOptions localOptions(MethodDescriptor<?, ?> method, CallOptions options) {
        return rules.methods() == null ? options : rules.methods().apply(method, options);
    }

    private <Q, R> ClientCall<Q, R> onPath(LocalPath path, MethodDescriptor<Q, R> method, CallOptions options) {
        CallOptions applied = localOptions(method, options);
        CallCredentials credentials = credentialsOf(applied);
        if (credentials == null) {
            return path.newCall(method, applied, this);
        }
        // Not made again: headers that were given for this connection may not be for another.
        CredentialedCall.Request request = new CredentialedCall.Request(
                method, applied, authority(), SecurityLevel.PRIVACY_AND_INTEGRITY, path.attributes());
        return new CredentialedCall<>(
                credentials, request, executorOf(applied), () -> path.newCall(method, applied));
    }

    private @Nullable CallCredentials credentialsOf(CallOptions options) {
        CallCredentials ofCall = options.getCredentials();
        CallCredentials ofChannel = rules.credentials();
        if (ofCall == null || ofChannel == null) {
            return ofCall == null ? ofChannel : ofCall;
        }
        return new CompositeCallCredentials(ofChannel, ofCall);
    }

    private Executor executorOf(CallOptions options) {
        if (options.getExecutor() != null) {
            return options.getExecutor();
        }
        return rules.executor() != null ? rules.executor() : RouteThreads.calls();
    }

    private <Q, R> ClientCall<Q, R> deferred(
            MethodDescriptor<Q, R> method, CallOptions options, RoutePolicy policy, Patience patience) {
        rules.sections().note(method);
        WaitingCall<Q, R> waiting = new WaitingCall<>(method, options, policy, patience);
        if (!lifecycle.tryEnter(waiting.call)) {
            return elsewhere(method, options, policy, "the channel is shut down");
        }
        waiting.call.watchDeadline(CallDeadlines.of(localOptions(method, options)), "the local route");
        local.await(waiting);
        return waiting.call;
    }

    /** A call that waits for its route. */
    private final class WaitingCall<Q, R> implements LocalRoute.Waiter {
        private final MethodDescriptor<Q, R> method;
        private final CallOptions options;
        private final RoutePolicy policy;
        private final Patience patience;
        private final DeferredCall<Q, R> call;

        WaitingCall(MethodDescriptor<Q, R> method, CallOptions options, RoutePolicy policy, Patience patience) {
            this.method = method;
            this.options = options;
            this.policy = policy;
            this.patience = patience;
            this.call = new DeferredCall<>(executorOf(options), RouteThreads.calls(), this::leave);
        }

        private void leave() {
            local.forget(this);
            lifecycle.leave(call);
        }

        @Override
        public Patience patience() {
            return patience;
        }

        @Override
        public void onPath(LocalPath path) {
            // The path may have ended before the call's executor came to this.
            call.proceed(() -> path.acceptsCalls() || policy == RoutePolicy.LOCAL
                    ? CallRouter.this.onPath(path, method, options)
                    : elsewhere(method, options, policy, "the local connection ended"));
        }

        @Override
        public void onNoPath(String reason) {
            call.proceed(() -> elsewhere(method, options, policy, reason));
        }
    }
}
