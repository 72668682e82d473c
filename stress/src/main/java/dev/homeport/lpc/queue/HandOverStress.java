package dev.homeport.lpc.queue;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** What the holder of the role wrote without order, the reader's cursor, is seen whole by the next holder. */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The next holder goes on where the last one left off.")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "The role was not free yet.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The next holder has an old cursor and reads the frame again.")
@State
public class HandOverStress {
    private final TwoOutboxes outboxes = new TwoOutboxes();
    private final ReadRole role = new ReadRole();

    public HandOverStress() {
        outboxes.write();
        role.tryAcquire();
    }

    @Actor
    public void holder() {
        outboxes.read();
        role.release();
    }

    @Actor
    public void next(ZZ_Result result) {
        result.r1 = role.tryAcquire();
        result.r2 = result.r1 && outboxes.read();
    }
}
