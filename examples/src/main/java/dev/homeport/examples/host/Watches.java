package dev.homeport.examples.host;

import dev.homeport.examples.host.proto.ProcessEvent;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The watches of all callers, so many for each user at most, on one thread. Thread-safe; the service owns it. */
final class Watches implements AutoCloseable {
    /** A user's watches together cost at most as many looks at the table in each interval. */
    static final int MAX_PER_USER = 4;
    static final long INTERVAL_MILLIS = 250;

    private final ProcessTable table;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("host-watch").daemon().factory());
    /** Guarded by itself. */
    private final Map<Integer, Integer> perUser = new HashMap<>();

    Watches(ProcessTable table) {
        this.table = table;
    }

    /** @throws io.grpc.StatusRuntimeException RESOURCE_EXHAUSTED if the user has as many as allowed */
    void start(Viewer viewer, ServerCallStreamObserver<ProcessEvent> events) {
        synchronized (perUser) {
            int open = perUser.getOrDefault(viewer.uid(), 0);
            if (open >= MAX_PER_USER) {
                throw Status.RESOURCE_EXHAUSTED
                        .withDescription("watches of one user: max=" + MAX_PER_USER)
                        .asRuntimeException();
            }
            perUser.put(viewer.uid(), open + 1);
        }
        Future<?> looks = thread.scheduleWithFixedDelay(
                new ProcessWatch(table, viewer, events), 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        Runnable end = () -> {
            looks.cancel(false);
            release(viewer.uid());
        };
        // One of the two runs, once, whatever ends the call; the death of the caller cancels it.
        events.setOnCancelHandler(end);
        events.setOnCloseHandler(end);
    }

    private void release(int uid) {
        synchronized (perUser) {
            perUser.computeIfPresent(uid, (user, open) -> open == 1 ? null : open - 1);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
