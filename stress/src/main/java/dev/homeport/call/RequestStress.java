package dev.homeport.call;

import java.util.concurrent.RejectedExecutionException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A message arrives as the application asks for it: it is delivered, whoever comes first, and once. */
@JCStressTest
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Delivered.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Each has left it to the other.")
@State
public class RequestStress implements CallRunner.Events {
    private static final byte[] MESSAGE = {};

    private final CallRunner runner = new CallRunner(this, Runnable::run);
    private final CallInbound inbound = new CallInbound(null);
    private int delivered;

    @Override
    public void deliver() {
        while (inbound.takeRequested() != null) {
            delivered++;
        }
    }

    @Override
    public void ranInTurn(boolean inTime) {}

    @Override
    public void rejected(RejectedExecutionException e) {}

    @Actor
    public void receiver() {
        inbound.add(MESSAGE, MESSAGE.length);
        runner.signal(null);
    }

    @Actor
    public void application() {
        if (inbound.request(1)) {
            runner.signal(null);
        }
    }

    @Arbiter
    public void end(I_Result result) {
        result.r1 = delivered;
    }
}
