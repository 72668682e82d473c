package dev.homeport.lpc.queue;

import java.util.concurrent.ConcurrentLinkedQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A leader leaves while a follower parks: release, then look at the waiters; enlist, then look at the role.
 * One of the two sees the other.
 */
@JCStressTest
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "Both saw the other.")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The leader promotes.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "The follower finds the role free.")
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "The follower parks and nobody wakes it.")
@State
public class LeaveAndPromoteStress {
    private final ReadRole role = new ReadRole();
    private final ConcurrentLinkedQueue<Object> followers = new ConcurrentLinkedQueue<>();

    public LeaveAndPromoteStress() {
        role.tryAcquire();
    }

    @Actor
    public void leader(ZZ_Result result) {
        role.release();
        result.r1 = !followers.isEmpty();
    }

    @Actor
    public void follower(ZZ_Result result) {
        followers.add(this);
        result.r2 = role.isFree();
    }
}
