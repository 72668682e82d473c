package dev.homeport.bench.agent;

import dev.homeport.bench.load.Figures;
import dev.homeport.bench.system.ProcessMemory;
import dev.homeport.bench.system.Usage;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** C: what connections cost that nobody uses, from outside both processes. */
public final class IdleCost {
    public static final String MEMORY_FILES = "memory_file_kib_per_connection";
    public static final String HEAP = "heap_kib_per_connection";
    /** Rough: the heap grows and shrinks for reasons of its own. */
    public static final String RESIDENT = "resident_kib_per_connection";
    public static final String THREADS = "more_threads";
    /** Use of a core by both processes, in percent, with the connections. */
    public static final String IDLE = "idle_core_percent";
    /** The same before there were any. */
    public static final String IDLE_WITHOUT = "idle_core_percent_without";

    /** What ends after a while of idleness has ended by then: spinning, threads of set-up. */
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final double KIB = 1024;
    private static final double MICROS_PER_NANO = 1e-3;
    private static final double PERCENT = 100;

    private final Pair pair;

    public IdleCost(Pair pair) {
        this.pair = pair;
    }

    /** Measures for about twice that long. */
    public Figures measure(int connections, long nanos) throws IOException {
        pair.openIdle(1); // What only the first connection of a process needs is not counted.
        double idleWithout = idlePercent(nanos);
        long heapBefore = pair.heapBytes();
        ProcessMemory before = pair.memory();
        try {
            pair.openIdle(connections);
            double idle = idlePercent(nanos);
            long heap = pair.heapBytes() - heapBefore;
            ProcessMemory after = pair.memory();
            return new Figures()
                    .put(MEMORY_FILES, (after.memoryFileBytes() - before.memoryFileBytes()) / KIB / connections)
                    .put(HEAP, heap / KIB / connections)
                    .put(RESIDENT, (after.residentBytes() - before.residentBytes()) / KIB / connections)
                    .put(THREADS, after.threads() - before.threads())
                    .put(IDLE, idle)
                    .put(IDLE_WITHOUT, idleWithout);
        } finally {
            pair.closeIdle();
        }
    }

    private double idlePercent(long nanos) throws IOException {
        pause(SETTLE_NANOS);
        Usage before = pair.usage();
        long start = System.nanoTime();
        pause(nanos);
        Usage used = pair.usage().minus(before);
        return PERCENT * used.cpuMicros() / ((System.nanoTime() - start) * MICROS_PER_NANO);
    }

    private static void pause(long nanos) throws IOException {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
