package dev.homeport.chaos.process;

import dev.homeport.testkit.process.Jvm;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.LongFunction;

/** Processes that start ahead of their use: a JVM takes longer to start than a trial lasts. Used by one thread. */
public final class Standby implements AutoCloseable {
    private final LongFunction<Jvm> starter;
    private final Queue<Jvm> waiting = new ArrayDeque<>();
    private long next;

    /**
     * @param starter starts the process with that number, and does not wait for it
     * @param ahead how many are under way
     */
    public Standby(LongFunction<Jvm> starter, int ahead) {
        this.starter = starter;
        for (int i = 0; i < ahead; i++) {
            waiting.add(starter.apply(next++));
        }
    }

    /** The next one, in the order of their numbers; another one starts. */
    public Jvm take() {
        Jvm taken = waiting.remove();
        waiting.add(starter.apply(next++));
        return taken;
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
