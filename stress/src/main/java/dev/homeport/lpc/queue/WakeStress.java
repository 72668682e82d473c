package dev.homeport.lpc.queue;

import dev.homeport.lpc.memory.OutboxLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A frame is written while its reader falls asleep: publish, fence, look; say, fence, look. */
@JCStressTest
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "A reader sleeps on a frame that nobody rings for.")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The writer rings.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "The reader sees the frame before it sleeps.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "Both: one ring too many.")
@State
public class WakeStress {
    private final TwoOutboxes outboxes = new TwoOutboxes();

    @Actor
    public void writer(ZZ_Result result) {
        outboxes.write();
        result.r1 = outboxes.sendersWords.peerAsleep() != OutboxLayout.READING;
    }

    @Actor
    public void reader(ZZ_Result result) {
        outboxes.receiversWords.fallAsleep(OutboxLayout.FUTEX);
        result.r2 = outboxes.isThereMore();
    }
}
