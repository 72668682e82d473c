package dev.homeport.lpc.queue;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A thread comes back from user code while another takes its turn over: exactly one of them has it. */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "It came back in time.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "It was relieved.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Both read, or nobody does.")
@State
public class TakeOverStress {
    private final ReadRole role = new ReadRole();
    private final int entered;

    public TakeOverStress() {
        role.tryAcquire();
        entered = role.enterUserCode();
    }

    @Actor
    public void handler(ZZ_Result result) {
        result.r1 = role.leaveUserCode(entered);
    }

    @Actor
    public void watchdog(ZZ_Result result) {
        result.r2 = role.tryTakeOver(entered);
    }
}
