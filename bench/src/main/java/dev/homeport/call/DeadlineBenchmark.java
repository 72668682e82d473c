package dev.homeport.call;

import io.grpc.Deadline;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a deadline costs a call that ends before it: scheduled, and cancelled at once. In the engine's package
 * because its clock is nobody else's.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class DeadlineBenchmark {
    private static final Runnable NOTHING = () -> {};

    /** Deadlines of other calls that wait meanwhile. */
    @Param({"0", "1000"})
    public int waiting;

    private Future<?>[] others = {};

    /** Schedules the others. */
    @Setup
    public void scheduleOthers() {
        others = new Future<?>[waiting];
        for (int i = 0; i < waiting; i++) {
            others[i] = Deadline.after(1 + i, TimeUnit.HOURS).runOnExpiration(NOTHING, Timers.INSTANCE);
        }
    }

    /** Takes them back. */
    @TearDown
    public void cancelOthers() {
        for (Future<?> other : others) {
            other.cancel(false);
        }
    }

    @Benchmark
    public boolean scheduleAndCancel() {
        ScheduledFuture<?> timer =
                Deadline.after(1, TimeUnit.SECONDS).runOnExpiration(NOTHING, Timers.INSTANCE);
        return timer.cancel(false);
    }
}
