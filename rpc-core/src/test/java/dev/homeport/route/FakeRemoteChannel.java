package dev.homeport.route;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A remote channel in memory. */
final class FakeRemoteChannel extends ManagedChannel {
    final List<FakeCall> calls = new CopyOnWriteArrayList<>();
    final AtomicInteger connectRequests = new AtomicInteger();
    private final List<Runnable> watchers = new ArrayList<>();
    private volatile ConnectivityState state = ConnectivityState.IDLE;
    private volatile boolean shutdown;

    void become(ConnectivityState next) {
        List<Runnable> told;
        synchronized (this) {
            state = next;
            told = List.copyOf(watchers);
            watchers.clear();
        }
        told.forEach(Runnable::run);
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        FakeCall call = new FakeCall(options);
        calls.add(call);
        @SuppressWarnings("unchecked") // every method of these tests has bytes on both sides
        ClientCall<Q, R> typed = (ClientCall<Q, R>) call;
        return typed;
    }

    @Override
    public String authority() {
        return "orders:443";
    }

    @Override
    public ConnectivityState getState(boolean requestConnection) {
        if (requestConnection) {
            connectRequests.incrementAndGet();
        }
        return state;
    }

    @Override
    public void notifyWhenStateChanged(ConnectivityState source, Runnable callback) {
        synchronized (this) {
            if (state == source) {
                watchers.add(callback);
                return;
            }
        }
        callback.run();
    }

    @Override
    public ManagedChannel shutdown() {
        shutdown = true;
        return this;
    }

    @Override
    public ManagedChannel shutdownNow() {
        return shutdown();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }
}
