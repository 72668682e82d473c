package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.Stacks;
import dev.homeport.lpc.LpcTransport;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.ProcSnapshot;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls of all sizes and streams for a long time, with pauses, connections that come and go among them: the server's
 * heap, descriptors and mappings stand still, no call fails or has no end, and no wait on either side is ended by its
 * safety net. A trial is a second.
 */
public final class Soak implements Topic {
    private static final double PROMISED_MIB_PER_HOUR = 1;
    private static final double MIB = 1 << 20;
    private static final double SECONDS_PER_HOUR = 3_600;
    /** Below this many samples a slope is noise: they are told, not judged. */
    private static final int JUDGED_SAMPLES = 60;
    private static final long SAMPLE_NANOS = 10_000_000_000L;
    private static final long LOOK_NANOS = 100_000_000;
    /** How often a paced soak says how far it is: one that is broken off has said something. */
    private static final int SAMPLES_PER_WORD = 30;

    /** @param second since the begin, and what was in use then */
    private record Sample(double second, long heapBytes, int descriptors, int mappings) {}

    @Override
    public String trials() {
        return "seconds";
    }

    @Override
    public long fullSize() {
        return 7_200;
    }

    @Override
    public long shortSize() {
        return 3;
    }

    @Override
    public void run(Run run) throws Exception {
        String name = "chaos-soak-" + ProcessHandle.current().pid();
        List<ManagedChannel> channels = new ArrayList<>();
        for (int i = 0; i < run.load().callers(); i++) {
            channels.add(HomeportChannelBuilder.forTarget("lpc:" + name).build());
        }
        List<Sample> samples = new ArrayList<>();
        long begun = System.nanoTime();
        try (Jvm server = Jvm.start(EchoServer.class, name)) {
            server.awaitLine(EchoServer.LISTENING);
            try (Callers callers = new Callers(
                            channels, new Pace(run.load().pace()), e -> run.fail("a call failed: " + e.getStatus()));
                    Visitors visitors = new Visitors(run, name)) {
                watch(run, server, callers, visitors, samples, begun);
                run.fact(callers.succeeded() + " unary calls");
                run.fact(visitors.served() + " connections that came and went");
            }
            samples.add(sample(server, begun));
            tellNets(run, server);
        } finally {
            for (ManagedChannel channel : channels) {
                channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            }
        }
        tell(run, samples);
    }

    /** Takes samples until the time is up, or until a call has no end: then nothing later would mean anything. */
    private static void watch(
            Run run, Jvm server, Callers callers, Visitors visitors, List<Sample> samples, long begun) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(run.size());
        long nextSample = begun;
        while (System.nanoTime() - end < 0) {
            int lost = callers.lost() + visitors.lost();
            if (lost > 0) {
                run.fail(lost + " calls without an end after " + callers.succeeded() + " calls");
                Stacks.print("calls without an end", ProcessHandle.current().pid(), server.pid());
                return;
            }
            if (System.nanoTime() - nextSample >= 0) {
                samples.add(sample(server, begun));
                nextSample += SAMPLE_NANOS;
                if (run.load().pace() > 0 && samples.size() % SAMPLES_PER_WORD == 0) {
                    System.out.println(samples.getLast() + ", " + callers.succeeded() + " unary calls, nets "
                            + LpcTransport.safetyNetWakes() + " and " + netsOf(server) + ", failures "
                            + run.failureCount());
                }
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        run.done(run.size());
    }

    private static Sample sample(Jvm server, long begun) {
        server.send(EchoServer.HEAP);
        long heap = Long.parseLong(server.awaitLine(EchoServer.HEAP));
        ProcSnapshot now = ProcSnapshot.of(server.pid());
        return new Sample((System.nanoTime() - begun) / 1e9, heap, now.descriptorCount(), now.memfdMappings());
    }

    private static long netsOf(Jvm server) {
        server.send(EchoServer.NETS);
        return Long.parseLong(server.awaitLine(EchoServer.NETS));
    }

    private static void tellNets(Run run, Jvm server) {
        long here = LpcTransport.safetyNetWakes();
        long there = netsOf(server);
        run.fact("waits ended by a safety net: " + here + " of callers, " + there + " of the server");
        if (here + there > 0) {
            run.fail("waits were ended by a safety net: " + (here + there));
        }
    }

    /** Slopes over the second half: in the first, classes are loaded and pools filled. */
    private static void tell(Run run, List<Sample> samples) {
        List<Sample> half = samples.subList(samples.size() / 2, samples.size());
        double mibPerHour = slope(half) / MIB * SECONDS_PER_HOUR;
        Sample last = samples.getLast();
        run.fact(String.format(Locale.ROOT, "heap %.1f MiB, slope %.2f MiB/h over %d samples, %d descriptors, %d mappings",
                last.heapBytes / MIB, mibPerHour, half.size(), last.descriptors, last.mappings));
        if (half.size() >= JUDGED_SAMPLES && mibPerHour > PROMISED_MIB_PER_HOUR) {
            run.fail("heap grows by " + mibPerHour + " MiB/h");
        }
    }

    private static double slope(List<Sample> samples) {
        double meanX = samples.stream().mapToDouble(Sample::second).average().orElse(0);
        double meanY = samples.stream().mapToDouble(Sample::heapBytes).average().orElse(0);
        double above = 0;
        double below = 0;
        for (Sample sample : samples) {
            above += (sample.second - meanX) * (sample.heapBytes - meanY);
            below += (sample.second - meanX) * (sample.second - meanX);
        }
        return below == 0 ? 0 : above / below;
    }
}
