package dev.homeport.call;

import dev.homeport.Peer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The end of a peer, and the tasks that wait for it. Each runs once, on the common executor. Thread-safe. */
public final class PeerEnd {
    private static final Logger LOG = Logger.getLogger("dev.homeport.peer");

    private volatile boolean happened;
    /** Guarded by itself, with writes of what is above. */
    private final Set<Waiting> tasks = new LinkedHashSet<>();

    public PeerEnd() {}

    public boolean hasHappened() {
        return happened;
    }

    /** See {@link Peer#onDeath}. */
    public Peer.Watch add(Runnable task) {
        Waiting waiting = new Waiting(task);
        synchronized (tasks) {
            if (!happened) {
                tasks.add(waiting);
                return waiting;
            }
        }
        waiting.begin();
        return waiting;
    }

    /** The peer is gone. Quiet when it was before. */
    public void happen() {
        List<Waiting> told;
        synchronized (tasks) {
            happened = true;
            told = List.copyOf(tasks);
            tasks.clear();
        }
        told.forEach(Waiting::begin);
    }

    private final class Waiting implements Peer.Watch {
        private final Runnable task;

        Waiting(Runnable task) {
            this.task = task;
        }

        void begin() {
            CommonExecutor.INSTANCE.execute(() -> {
                try {
                    task.run();
                } catch (Throwable t) {
                    LOG.log(Level.WARNING, "a task for a peer's end failed", t);
                }
            });
        }

        @Override
        public void close() {
            synchronized (tasks) {
                tasks.remove(this);
            }
        }
    }
}
