package dev.homeport.chaos.topic;

import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.FloodClient;
import dev.homeport.testkit.process.Jvm;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A client holds as many calls as it is given and goes on asking for more: it is refused, and its neighbour is not, nor
 * held up. A trial is a call of the hog that was granted.
 */
public final class Hog implements Topic {
    private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(1);

    @Override
    public String trials() {
        return "calls asked for at a limit of 16384";
    }

    @Override
    public long fullSize() {
        return 100_000;
    }

    @Override
    public long shortSize() {
        return 20_000;
    }

    @Override
    public void run(Run run) throws Exception {
        String name = "chaos-hog-" + ProcessHandle.current().pid();
        try (Jvm server = Jvm.start(EchoServer.class, name)) {
            server.awaitLine(EchoServer.LISTENING);
            try (Neighbour neighbour = new Neighbour(run, name);
                    Jvm hog = Jvm.start(FloodClient.class, name, "hold", Long.toString(run.size()))) {
                neighbour.callFor(Neighbour.BEFORE, CALM_NANOS);
                hog.awaitLine(FloodClient.DONE, Duration.ofSeconds(60));
                neighbour.callFor(Neighbour.DURING, CALM_NANOS);
                hog.send("enough");
                String refused = hog.awaitLine("refused ");
                run.fact(refused + " refused");
                if (refused.equals("0")) {
                    run.fail("the hog was refused nothing");
                }
                run.done(run.size());
                neighbour.callFor("neighbour's calls after", CALM_NANOS);
                neighbour.expectCalm();
            }
        }
    }
}
