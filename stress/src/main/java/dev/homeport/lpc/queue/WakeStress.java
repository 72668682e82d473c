package dev.homeport.lpc.queue;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The two sides of a wake-up, with the verbs that {@code SendSide.trySend} and {@code LpcPort.fallAsleep}
 * use: publish, full fence, look. Without the fences the outcome "0, 0" appears, which is a reader that
 * sleeps on a frame nobody rings for.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "The writer saw no sleeper, the sleeper no frame: lost.")
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "The writer rings.")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "The reader sees the frame before it sleeps.")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Both: one ring too many.")
@State
public class WakeStress {
    private static final long TAIL = 0;
    private static final long ASLEEP = 128;

    private final MemorySegment outbox = MemorySegment.ofArray(new long[32]);

    @Actor
    public void writer(II_Result result) {
        Words.setLongRelease(outbox, TAIL, 1);
        VarHandle.fullFence();
        result.r1 = Words.getIntOpaque(outbox, ASLEEP);
    }

    @Actor
    public void reader(II_Result result) {
        Words.setIntRelease(outbox, ASLEEP, 1);
        VarHandle.fullFence();
        result.r2 = (int) Words.getLongAcquire(outbox, TAIL);
    }
}
