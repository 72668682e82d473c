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
 * The two sides of waiting for room, with the verbs that {@code SendSide.retryAfterAsking} and
 * {@code SendSide.tellRoom} use: say, full fence, look. Without the fences the outcome "0, 0" appears,
 * which is a writer that waits for room that is there.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "The writer saw no room, the reader nobody who waits: lost.")
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "The writer goes on by itself.")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "The reader rings.")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Both: one ring too many.")
@State
public class RoomStress {
    private static final long CURSOR = 0;
    private static final long WANTS_ROOM = 128;

    private final MemorySegment outboxes = MemorySegment.ofArray(new long[32]);

    @Actor
    public void writer(II_Result result) {
        Words.setIntRelease(outboxes, WANTS_ROOM, 1);
        VarHandle.fullFence();
        result.r1 = (int) Words.getLongAcquire(outboxes, CURSOR);
    }

    @Actor
    public void reader(II_Result result) {
        Words.setLongRelease(outboxes, CURSOR, 1);
        VarHandle.fullFence();
        result.r2 = Words.getIntOpaque(outboxes, WANTS_ROOM);
    }
}
