package dev.homeport.call;

import java.util.concurrent.RejectedExecutionException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** Two threads write what a call has to deliver, without order, and signal: both is delivered, by one at a time. */
@JCStressTest
@Outcome(id = "true, true, false", expect = Expect.ACCEPTABLE, desc = "Both delivered, one at a time.")
@Outcome(expect = Expect.FORBIDDEN, desc = "An event has no end, or two deliver at once.")
@State
public class SignalStress implements CallRunner.Events {
    private final CallRunner runner = new CallRunner(this, Runnable::run);
    private boolean first;
    private boolean second;

    // Of who delivers.
    private boolean inside;
    private boolean firstSeen;
    private boolean secondSeen;
    private boolean two;

    @Override
    public void deliver() {
        two |= inside;
        inside = true;
        firstSeen |= first;
        secondSeen |= second;
        inside = false;
    }

    @Override
    public void ranInTurn(boolean inTime) {}

    @Override
    public void rejected(RejectedExecutionException e) {}

    @Actor
    public void one() {
        first = true;
        runner.signal(null);
    }

    @Actor
    public void another() {
        second = true;
        runner.signal(null);
    }

    @Arbiter
    public void end(ZZZ_Result result) {
        result.r1 = firstSeen;
        result.r2 = secondSeen;
        result.r3 = two;
    }
}
