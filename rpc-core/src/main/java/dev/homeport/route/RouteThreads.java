package dev.homeport.route;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that routing has in this process, all daemons that end when idle. Platform threads, because
 * look-ups read files and resolve names, which would hold the carrier of a virtual thread.
 */
public final class RouteThreads {
    /** Look-ups and set-ups run at once; more wait. Each ends within the time of a set-up. */
    private static final int MAX_CONNECTORS = 4;
    private static final long IDLE_SECONDS = 10;

    private static final ThreadPoolExecutor CONNECTORS = new ThreadPoolExecutor(
            MAX_CONNECTORS, MAX_CONNECTORS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
            named("homeport-connector"));
    /** Unbounded like gRPC's own default executor: user code may block on it, and a bound would dead-lock. */
    private static final ThreadPoolExecutor CALLS = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(),
            named("homeport-deferred"));
    private static final ScheduledThreadPoolExecutor TIMER =
            new ScheduledThreadPoolExecutor(1, named("homeport-route-timer"));

    static {
        CONNECTORS.allowCoreThreadTimeOut(true);
        TIMER.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        TIMER.allowCoreThreadTimeOut(true);
        TIMER.setRemoveOnCancelPolicy(true);
    }

    private RouteThreads() {}

    /** For look-ups and set-ups, which may block for the time of a set-up. */
    static Executor connectors() {
        return CONNECTORS;
    }

    /** For what a deferred call has to do when neither it nor its channel names an executor. */
    static Executor calls() {
        return CALLS;
    }

    /** Runs a short task later; it must not block. */
    public static Future<?> after(long delayNanos, Runnable task) {
        return TIMER.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }

    private static ThreadFactory named(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
