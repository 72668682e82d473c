package dev.homeport.bench.micro;

import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a call cannot do without on this machine: its clock, a full fence after a store, a lock that nobody wants. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class MachineBenchmark {
    private final ReentrantLock lock = new ReentrantLock();
    private long word;

    @Benchmark
    public long clock() {
        return System.nanoTime();
    }

    /** As between the tail and the peer's word of its sleep. */
    @Benchmark
    public long storeAndFullFence() {
        word++;
        VarHandle.fullFence();
        return word;
    }

    /** As the turn to write. */
    @Benchmark
    public long lockAndUnlock() {
        lock.lock();
        try {
            return ++word;
        } finally {
            lock.unlock();
        }
    }
}
