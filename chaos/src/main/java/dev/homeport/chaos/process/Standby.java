package dev.homeport.chaos.process;

import dev.homeport.testkit.process.Jvm;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.LongFunction;

/**
 * Processes that start ahead of their use, as a JVM takes longer to start than a trial lasts. They start together, and
 * none while one that was taken is at work: a start would take it the processor. Used by one thread.
 */
public final class Standby implements AutoCloseable {
    private final LongFunction<Jvm> starter;
    private final String ready;
    private final int together;
    private final Queue<Jvm> waiting = new ArrayDeque<>();
    private long next;

    /**
     * @param starter starts the process with that number, and does not wait for it
     * @param ready begins the line that a process prints when it has started
     * @param together how many start at once
     */
    public Standby(LongFunction<Jvm> starter, String ready, int together) {
        this.starter = starter;
        this.ready = ready;
        this.together = together;
    }

    /** Starts the next ones if none is left, and waits until they are ready. */
    public void fill() {
        if (!waiting.isEmpty()) {
            return;
        }
        for (int i = 0; i < together; i++) {
            waiting.add(starter.apply(next++));
        }
        waiting.forEach(jvm -> jvm.awaitLine(ready));
    }

    /** The next one, in the order of their numbers; it is ready. */
    public Jvm take() {
        return waiting.remove();
    }

    /** A launch of a small process that starts as fast as a JVM can. */
    public static Jvm.Launch small(Class<?> main) {
        return Jvm.Launch.of(main)
                .option("-XX:TieredStopAtLevel=1")
                .option("-XX:+UseSerialGC")
                .option("-Xmx128m");
    }

    @Override
    public void close() {
        waiting.forEach(Jvm::close);
    }
}
