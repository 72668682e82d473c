package dev.homeport.lpc.queue;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** What the holder of the role wrote without order is seen whole by the next holder. */
@JCStressTest
@Outcome(id = "true, 1", expect = Expect.ACCEPTABLE, desc = "The next holder sees the cursor as it was left.")
@Outcome(id = "false, 0", expect = Expect.ACCEPTABLE, desc = "The role was not free yet.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The next holder reads an old cursor: a record would be read twice.")
@State
public class HandOverStress {
    private final ReadRole role = new ReadRole();
    private int cursor;

    public HandOverStress() {
        role.tryAcquire();
    }

    @Actor
    public void holder() {
        cursor = 1;
        role.release();
    }

    @Actor
    public void next(ZI_Result result) {
        result.r1 = role.tryAcquire();
        result.r2 = result.r1 ? cursor : 0;
    }
}
