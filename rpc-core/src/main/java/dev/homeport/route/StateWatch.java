package dev.homeport.route;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs callbacks, each once, when the state of a channel has left the state they name. The remote channel
 * is watched only while somebody waits. Any thread; callbacks run on the executor.
 */
final class StateWatch {
    private record Watcher(ConnectivityState left, Runnable callback) {}

    private final Supplier<ConnectivityState> state;
    private final @Nullable ManagedChannel remote;
    private final Executor executor;

    // Guarded by this.
    private final List<Watcher> watchers = new ArrayList<>();
    private boolean watchingRemote;

    /** @param state the combined state; called without a lock */
    StateWatch(Supplier<ConnectivityState> state, @Nullable ManagedChannel remote, Executor executor) {
        this.state = state;
        this.remote = remote;
        this.executor = executor;
    }

    void add(ConnectivityState left, Runnable callback) {
        synchronized (this) {
            watchers.add(new Watcher(left, callback));
        }
        watchRemote();
        update();
    }

    /** Looks at the state again; whoever changes it calls this afterwards. */
    void update() {
        ConnectivityState now = state.get();
        List<Watcher> told = new ArrayList<>();
        synchronized (this) {
            watchers.removeIf(watcher -> watcher.left() != now && told.add(watcher));
        }
        told.forEach(watcher -> executor.execute(watcher.callback()));
    }

    private void watchRemote() {
        if (remote == null) {
            return;
        }
        synchronized (this) {
            if (watchingRemote || watchers.isEmpty()) {
                return;
            }
            watchingRemote = true;
        }
        remote.notifyWhenStateChanged(remote.getState(false), this::onRemoteChange);
    }

    private void onRemoteChange() {
        synchronized (this) {
            watchingRemote = false;
        }
        update();
        watchRemote();
    }
}
