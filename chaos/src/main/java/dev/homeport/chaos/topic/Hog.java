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
 * held up. Then another one asks for replies that it does not read: beyond a bound they are not kept, and the neighbour
 * is served. A trial is a call that the first one asked for.
 */
public final class Hog implements Topic {
    private static final long QUEUE_BYTES = 32 << 20;
    /** The queue, and the program itself with what one message more takes. */
    private static final long MAX_HEAP_BYTES = QUEUE_BYTES + (48 << 20);
    /** Each asks for two megabytes. */
    private static final int FILLED_CALLS = 80;
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

    /** What the replies come to is five times the bound. */
    private static void fill(Run run, String name, Jvm server, Neighbour neighbour) {
        try (Jvm hog = Jvm.start(FloodClient.class, name, "fill", Integer.toString(FILLED_CALLS))) {
            hog.awaitLine(FloodClient.DONE, Duration.ofSeconds(60));
            neighbour.callFor(Neighbour.DURING, CALM_NANOS);
            server.send(EchoServer.HEAP);
            long heap = Long.parseLong(server.awaitLine(EchoServer.HEAP, Duration.ofSeconds(60)));
            run.fact("heap " + (heap >> 20) + " MiB with replies that nobody reads");
            if (heap > MAX_HEAP_BYTES) {
                run.fail("replies that nobody reads take heapBytes=" + heap + ", maxBytes=" + MAX_HEAP_BYTES);
            }
            hog.send("enough");
            String refused = hog.awaitLine("refused ", Duration.ofSeconds(60));
            run.fact(refused + " of " + FILLED_CALLS + " calls ended for it");
            if (refused.equals("0")) {
                run.fail("the hog was refused no reply");
            }
        }
    }

    @Override
    public void run(Run run) throws Exception {
        String name = "chaos-hog-" + ProcessHandle.current().pid();
        Jvm.Launch bounded = Jvm.Launch.of(EchoServer.class)
                .option("-Dhomeport.limit.queued.bytes=" + QUEUE_BYTES);
        try (Jvm server = bounded.start(name)) {
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
                fill(run, name, server, neighbour);
                neighbour.expectCalm();
            }
        }
    }
}
