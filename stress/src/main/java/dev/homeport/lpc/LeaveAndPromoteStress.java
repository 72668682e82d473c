package dev.homeport.lpc;

import dev.homeport.lpc.queue.ReadRole;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A leader leaves while a follower is about to park: give the role up, then look for followers; enlist, then look at
 * the role.
 */
@JCStressTest
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "Both saw the other.")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The leader promotes.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "The follower finds the role free.")
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "The follower parks and nobody wakes it.")
@State
public class LeaveAndPromoteStress {
    private static final Thread FOLLOWER = new Thread("never started: to wake it is nothing");

    private final ReadRole role = new ReadRole();
    private final Followers followers = new Followers();

    public LeaveAndPromoteStress() {
        role.tryAcquire();
    }

    @Actor
    public void leader(ZZ_Result result) {
        role.release();
        result.r1 = followers.promoteOne();
    }

    @Actor
    public void follower(ZZ_Result result) {
        result.r2 = followers.enlist(FOLLOWER, role);
    }
}
