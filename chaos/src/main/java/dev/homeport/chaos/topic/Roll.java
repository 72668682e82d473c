package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.Standby;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A server takes over the name of a live one under load, which drains and ends: no call fails. */
public final class Roll implements Topic {
    private static final int CHANNELS = 4;
    private static final int MAX_WAIT_NANOS = 50_000_000;

    @Override
    public String trials() {
        return "replacements";
    }

    @Override
    public long fullSize() {
        return 1_000;
    }

    @Override
    public long shortSize() {
        return 3;
    }

    @Override
    public void run(Run run) throws Exception {
        String name = "chaos-roll-" + ProcessHandle.current().pid();
        List<ManagedChannel> channels = new ArrayList<>();
        for (int i = 0; i < CHANNELS; i++) {
            channels.add(HomeportChannelBuilder.forTarget("lpc:" + name).build());
        }
        Jvm server = start(name);
        try (Callers callers = new Callers(channels, e -> run.fail("a call ended " + e.getStatus()))) {
            callers.awaitSuccessAfter(System.nanoTime());
            for (long trial = run.first(); trial < run.end(); trial++) {
                LockSupport.parkNanos(run.random(trial).nextInt(MAX_WAIT_NANOS));
                Jvm successor = start(name);
                callers.awaitSuccessAfter(System.nanoTime());
                if (server.awaitExit() != 0) {
                    run.fail("trial " + trial + ": the old server did not end in good order");
                }
                server.close();
                server = successor;
                run.done(1);
            }
            run.fact(callers.succeeded() + " calls");
        } finally {
            server.close();
            for (ManagedChannel channel : channels) {
                channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    private static Jvm start(String name) {
        Jvm started = Standby.small(EchoServer.class).start(name, EchoServer.TAKE_OVER);
        started.awaitLine(EchoServer.LISTENING);
        return started;
    }
}
