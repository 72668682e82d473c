package dev.homeport.lpc.queue;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A writer finds its queue full while the reader empties it: say, fence, look; publish, fence, look. */
@JCStressTest
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "A writer waits for room that is there.")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The writer goes on by itself.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "The reader rings.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "Both: one ring too many.")
@State
public class RoomStress {
    private final TwoOutboxes outboxes = new TwoOutboxes();

    public RoomStress() {
        outboxes.fill();
        while (outboxes.read()) {
            Thread.onSpinWait();
        }
    }

    @Actor
    public void writer(ZZ_Result result) {
        outboxes.sendersWords.wantRoom();
        result.r1 = outboxes.isThereRoom();
    }

    @Actor
    public void reader(ZZ_Result result) {
        outboxes.reader.publishCursor();
        result.r2 = outboxes.receiversWords.peerWantsRoom();
    }
}
