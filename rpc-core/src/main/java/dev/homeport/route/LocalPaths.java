package dev.homeport.route;

import io.grpc.Status;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The local connections of one channel that have not ended: the one in use and those that drain. Closes
 * what is idle, and tells when all have ended. Owned by {@link LocalRoute}; any thread may call it. No
 * method of a path is called under the lock.
 */
final class LocalPaths {
    private final long idleNanos;
    private final Runnable onEnded;

    /** Protects what follows. */
    private final Object lock = new Object();
    private final Set<LocalPath> open = new HashSet<>();
    private boolean shutdown;

    /**
     * @param idleNanos after which a path nobody uses is closed; or {@link IdleWatch#NEVER}
     * @param onEnded told after each end
     */
    LocalPaths(long idleNanos, Runnable onEnded) {
        this.idleNanos = idleNanos;
        this.onEnded = onEnded;
    }

    /** Takes a path in, unless everything is shut down; then the caller closes it. */
    boolean add(LocalPath path) {
        synchronized (lock) {
            return !shutdown && open.add(path);
        }
    }

    /** Begins to watch a path that was taken in. */
    void watch(LocalPath path) {
        IdleWatch idle = IdleWatch.start(idleNanos, path::framesSeen, path::hasOpenCalls, path::shutdown);
        path.whenEnded(() -> {
            idle.stop();
            remove(path);
        });
    }

    private void remove(LocalPath path) {
        synchronized (lock) {
            open.remove(path);
            lock.notifyAll();
        }
        onEnded.run();
    }

    /** Lets all end when their calls have; takes none in any more. */
    void shutdown() {
        closing().forEach(LocalPath::shutdown);
    }

    void shutdownNow(Status status) {
        closing().forEach(path -> path.shutdownNow(status));
    }

    private List<LocalPath> closing() {
        synchronized (lock) {
            shutdown = true;
            lock.notifyAll();
            return List.copyOf(open);
        }
    }

    boolean isShutdown() {
        synchronized (lock) {
            return shutdown;
        }
    }

    boolean isTerminated() {
        synchronized (lock) {
            return shutdown && open.isEmpty();
        }
    }

    /** @param deadlineNanos {@link System#nanoTime} at which to give up */
    boolean awaitTermination(long deadlineNanos) throws InterruptedException {
        synchronized (lock) {
            while (!(shutdown && open.isEmpty())) {
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(lock, left);
            }
            return true;
        }
    }
}
