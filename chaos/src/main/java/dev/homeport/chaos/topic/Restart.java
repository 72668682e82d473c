package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.Standby;
import dev.homeport.chaos.process.StartCache;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A server is killed under load and started again: each channel is back soon after it listens. */
public final class Restart implements Topic {
    private static final String BACK = "channel back after listen";
    private static final double PROMISED_P99_MILLIS = 200;
    private static final int CHANNELS = 4;
    private static final int MAX_WAIT_NANOS = 10_000_000;

    @Override
    public String trials() {
        return "restarts";
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
        String name = "chaos-restart-" + ProcessHandle.current().pid();
        List<ManagedChannel> channels = new ArrayList<>();
        for (int i = 0; i < CHANNELS; i++) {
            channels.add(HomeportChannelBuilder.forTarget("lpc:" + name).build());
        }
        StartCache cache = new StartCache(Standby.small(EchoServer.class), EchoServer.LISTENING, name);
        Jvm.Launch launch = cache.use(Standby.small(EchoServer.class));
        Jvm server = launch.start(name);
        server.awaitLine(EchoServer.LISTENING);
        try (cache; Callers callers = new Callers(channels, e -> {
            if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
                run.fail("a call ended " + e.getStatus());
            }
        })) {
            callers.awaitSuccessAfter(System.nanoTime());
            for (long trial = run.first(); trial < run.end(); trial++) {
                LockSupport.parkNanos(run.random(trial).nextInt(MAX_WAIT_NANOS));
                server.kill();
                server.close();
                server = launch.start(name);
                long listening = Long.parseLong(server.awaitLine(EchoServer.LISTENING));
                for (long at : callers.awaitBackAfter(listening)) {
                    // A caller may be back before the server could say that it listens.
                    run.time(BACK, Math.max(0, at - listening));
                }
                run.done(1);
            }
        } finally {
            server.close();
            for (ManagedChannel channel : channels) {
                channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            }
        }
        run.expect(BACK, 99, PROMISED_P99_MILLIS);
    }
}
