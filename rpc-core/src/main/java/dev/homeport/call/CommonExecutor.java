package dev.homeport.call;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs what no named executor and no reading thread runs: handlers known to be slow, and events while all
 * readers are busy. Unbounded with daemon threads that go after a minute, as gRPC's own default is.
 */
public final class CommonExecutor {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final long IDLE_SECONDS = 60;

    public static final Executor INSTANCE = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), CommonExecutor::thread);

    private CommonExecutor() {}

    private static Thread thread(Runnable task) {
        return Thread.ofPlatform().daemon().name("homeport-call-" + NUMBER.getAndIncrement()).unstarted(task);
    }
}
