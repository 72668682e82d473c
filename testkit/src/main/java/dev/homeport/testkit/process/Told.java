package dev.homeport.testkit.process;

import dev.homeport.testkit.Wait;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** What one watcher was told of one end: how often, and when first. Thread-safe. */
public final class Told {
    private final AtomicInteger times = new AtomicInteger();
    private final CompletableFuture<Long> at = new CompletableFuture<>();

    /** Tells it. */
    public void now() {
        long now = System.nanoTime();
        times.incrementAndGet();
        at.complete(now);
    }

    /** How often it was told. */
    public int times() {
        return times.get();
    }

    /** When it was first told, after {@link System#nanoTime}. */
    public long awaitNanos() {
        return Wait.get(at);
    }
}
