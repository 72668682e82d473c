package dev.homeport.route;

import dev.homeport.Route;
import dev.homeport.RoutePolicy;
import dev.homeport.call.DeferredCall;
import dev.homeport.call.EndedCall;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A channel that takes the local route where there is one and the unchanged remote channel otherwise. Any
 * thread may call it.
 *
 * <p>Its state combines both sides: READY while there is a local connection, and the state of the remote
 * channel otherwise; a channel without TCP, or whose policy is local, shows the state of its local side
 * alone. A request to connect
 * tries the local side first and asks the remote one only if that fails.
 *
 * <p>After {@link #shutdown} calls that still wait for their route are brought on it before both sides are
 * shut down, because a call made before the shutdown may finish.
 */
public final class RoutedChannel extends ManagedChannel implements Route.Known {
    private static final Status SHUTDOWN = Status.UNAVAILABLE.withDescription("Channel shutdown invoked");
    private static final Status SHUTDOWN_NOW = Status.UNAVAILABLE.withDescription("Channel shutdownNow invoked");

    private final @Nullable ManagedChannel remote;
    /** Null unless the client serves callbacks. */
    private final @Nullable Carriers carriers;
    private final RouteNote note;
    private final LocalPaths paths;
    private final LocalRoute local;
    private final Channel calls;
    private final StateWatch states;
    private final boolean triesLocal;
    /** Without a local connection the remote channel says how things are. */
    private final boolean stateIsRemote;

    /** Protects what follows. */
    private final Object lifecycle = new Object();
    private final Set<DeferredCall<?, ?>> waiting = new HashSet<>();
    private volatile boolean shutdown;
    private boolean closed;

    /** @param wrapping puts interceptors and logs around the channel that routes */
    public static RoutedChannel open(ChannelPlan plan, UnaryOperator<Channel> wrapping) {
        LocalTransports transports = LocalTransports.ofProcess();
        TargetAddress address = plan.address();
        String neverLocal = plan.neverLocal(transports, address);
        if (transports.transport() == null || !neverLocal.isEmpty()) {
            return new RoutedChannel(plan, neverLocal, () -> new LocalRoute.Outcome.None(neverLocal, 0), wrapping);
        }
        ConnectionOpener opener = new ConnectionOpener(transports.transport(), plan);
        return new RoutedChannel(
                plan, "", new LocalConnector(transports.transport(), opener, address), wrapping);
    }

    /** @param neverLocal why no call may go local; empty if calls may */
    RoutedChannel(
            ChannelPlan plan, String neverLocal, LocalRoute.Attempt attempt, UnaryOperator<Channel> wrapping) {
        RoutePolicies policies = new RoutePolicies(plan.configuration(), plan.target());
        Executor named = plan.calls().executor();
        Executor executor = named != null ? named : RouteThreads.calls();
        this.remote = plan.remote();
        this.carriers = remote == null || plan.calls().callbacks() == null
                ? null
                : new Carriers(remote, plan.calls(), plan.idleNanos());
        this.note = new RouteNote(plan.target(), remote != null);
        this.stateIsRemote = remote != null && policies.ofTarget() != RoutePolicy.LOCAL;
        this.states = new StateWatch(this::state, stateIsRemote ? remote : null, executor);
        this.paths = new LocalPaths(plan.idleNanos(), states::update);
        this.local = new LocalRoute(
                attempt,
                new LocalRoute.Times(
                        plan.configuration().connectWaitNanos(), plan.configuration().lookupIntervalNanos()),
                RouteThreads.connectors(), paths, note, states::update);
        CallRouter.Rules rules = new CallRouter.Rules(
                policies, named, plan.security().callCredentials(),
                MethodConfigs.of(plan.calls().serviceConfig()), plan.authority(), plan.sections(), neverLocal);
        this.calls = wrapping.apply(new UntilShutdown(
                new CallRouter(local, remoteCalls(executor), rules, note, new Waiting()), executor));
        boolean wantsRemote = remote != null && policies.ofTarget() == RoutePolicy.REMOTE;
        this.triesLocal = neverLocal.isEmpty() && !wantsRemote;
        if (!triesLocal) {
            note.set(Route.remote(wantsRemote ? CallRouter.POLICY_IS_REMOTE : neverLocal));
        }
    }

    /**
     * Takes no call after the shutdown, though both sides stay open while earlier calls look for their route: it would
     * go where they go, and hold the channel up.
     */
    private final class UntilShutdown extends Channel {
        private final Channel router;
        private final Executor executor;

        UntilShutdown(Channel router, Executor executor) {
            this.router = router;
            this.executor = executor;
        }

        @Override
        public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
            if (shutdown) {
                return new EndedCall<>(SHUTDOWN, options.getExecutor() != null ? options.getExecutor() : executor);
            }
            return router.newCall(method, options);
        }

        @Override
        public String authority() {
            return router.authority();
        }
    }

    private @Nullable Channel remoteCalls(Executor executor) {
        return carriers == null
                ? remote
                : new CarriedChannel(remote, carriers, new Waiting(), options ->
                        options.getExecutor() != null ? options.getExecutor() : executor);
    }

    @Override
    public Route route() {
        return note.route();
    }

    @Override
    public String authority() {
        return calls.authority();
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        return calls.newCall(method, options);
    }

    private ConnectivityState state() {
        if (shutdown) {
            return ConnectivityState.SHUTDOWN;
        }
        if (local.path() != null) {
            return ConnectivityState.READY;
        }
        return stateIsRemote ? remote.getState(false) : local.state();
    }

    @Override
    public ConnectivityState getState(boolean requestConnection) {
        ConnectivityState now = state();
        if (requestConnection && now != ConnectivityState.SHUTDOWN && now != ConnectivityState.READY) {
            connect();
        }
        return now;
    }

    private void connect() {
        if (triesLocal && local.isWorthWaiting(LocalRoute.Patience.BRIEF)) {
            local.await(new ConnectRequest());
        } else {
            connectRemote();
        }
    }

    private void connectRemote() {
        if (stateIsRemote) {
            remote.getState(true);
        }
    }

    @Override
    public void notifyWhenStateChanged(ConnectivityState source, Runnable callback) {
        states.add(source, callback);
    }

    @Override
    public void resetConnectBackoff() {
        local.resetBackoff();
        if (remote != null) {
            remote.resetConnectBackoff();
        }
    }

    @Override
    public void enterIdle() {
        local.enterIdle();
        if (carriers != null) {
            carriers.renew();
        }
        if (remote != null) {
            remote.enterIdle();
        }
    }

    @Override
    public ManagedChannel shutdown() {
        synchronized (lifecycle) {
            shutdown = true;
        }
        local.refuseNewCalls();
        closeIfNobodyWaits();
        states.update();
        return this;
    }

    private void closeIfNobodyWaits() {
        synchronized (lifecycle) {
            if (!shutdown || closed || !waiting.isEmpty()) {
                return;
            }
            closed = true;
        }
        paths.shutdown();
        if (carriers != null) {
            carriers.shutdown();
        }
        if (remote != null) {
            remote.shutdown();
        }
    }

    @Override
    public ManagedChannel shutdownNow() {
        shutdown();
        List<DeferredCall<?, ?>> ended;
        synchronized (lifecycle) {
            ended = List.copyOf(waiting);
        }
        ended.forEach(call -> call.end(SHUTDOWN_NOW));
        paths.shutdownNow(SHUTDOWN_NOW);
        if (remote != null) {
            remote.shutdownNow();
        }
        return this;
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return paths.isTerminated() && (remote == null || remote.isTerminated());
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + unit.toNanos(timeout);
        return paths.awaitTermination(deadlineNanos)
                && (remote == null
                        || remote.awaitTermination(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS));
    }

    @Override
    public String toString() {
        return "RoutedChannel[" + note.route() + "]";
    }

    /** The calls that are not on any route yet. */
    private final class Waiting implements CallRouter.Lifecycle {
        @Override
        public boolean tryEnter(DeferredCall<?, ?> call) {
            synchronized (lifecycle) {
                return !shutdown && waiting.add(call);
            }
        }

        @Override
        public void leave(DeferredCall<?, ?> call) {
            synchronized (lifecycle) {
                waiting.remove(call);
            }
            closeIfNobodyWaits();
        }
    }

    /** Somebody asked for a connection without a call: the remote side's turn comes if there is no local one. */
    private final class ConnectRequest implements LocalRoute.Waiter {
        @Override
        public LocalRoute.Patience patience() {
            return LocalRoute.Patience.BRIEF;
        }

        @Override
        public void onPath(LocalPath path) {}

        @Override
        public void onNoPath(String reason) {
            connectRemote();
        }
    }
}
