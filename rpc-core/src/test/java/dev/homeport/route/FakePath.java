package dev.homeport.route;

import dev.homeport.Route;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A local connection in memory, whose calls are {@link FakeCall}s and which ends when a test says so. */
final class FakePath implements LocalPath {
    final List<FakeCall> calls = new CopyOnWriteArrayList<>();
    final AtomicLong frames = new AtomicLong();
    volatile boolean busy;
    private final Route route;

    // Guarded by this.
    private final List<Runnable> draining = new ArrayList<>();
    private final List<Runnable> ended = new ArrayList<>();
    private boolean accepts = true;
    private boolean over;
    private @Nullable Status endedWith;

    FakePath(Route route) {
        this.route = route;
    }

    /** As a peer's death does it. */
    void die() {
        drain();
        List<Runnable> tasks;
        synchronized (this) {
            over = true;
            tasks = List.copyOf(ended);
        }
        tasks.forEach(Runnable::run);
    }

    void drain() {
        List<Runnable> tasks;
        synchronized (this) {
            accepts = false;
            tasks = List.copyOf(draining);
            draining.clear();
        }
        tasks.forEach(Runnable::run);
    }

    synchronized @Nullable Status endedWith() {
        return endedWith;
    }

    @Override
    public Route route() {
        return route;
    }

    @Override
    public synchronized boolean acceptsCalls() {
        return accepts;
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
    public Attributes attributes() {
        return Attributes.newBuilder().set(Route.ATTRIBUTE, route).build();
    }

    @Override
    public long framesSeen() {
        return frames.get();
    }

    @Override
    public boolean hasOpenCalls() {
        return busy;
    }

    @Override
    public void shutdown() {
        die();
    }

    @Override
    public void shutdownNow(Status status) {
        synchronized (this) {
            endedWith = status;
        }
        die();
    }

    @Override
    public void whenDraining(Runnable task) {
        synchronized (this) {
            if (accepts) {
                draining.add(task);
                return;
            }
        }
        task.run();
    }

    @Override
    public void whenEnded(Runnable task) {
        synchronized (this) {
            if (!over) {
                ended.add(task);
                return;
            }
        }
        task.run();
    }
}
