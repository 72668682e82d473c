package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.ProcSnapshot;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls of all sizes and streams for a long time, with pauses, connections that come and go among them: the server's
 * heap, descriptors and mappings stand still. A trial is a second.
 */
public final class Soak implements Topic {
    private static final double PROMISED_MIB_PER_HOUR = 1;
    private static final double MIB = 1 << 20;
    private static final double SECONDS_PER_HOUR = 3_600;
    /** Below this many samples a slope is noise: they are told, not judged. */
    private static final int JUDGED_SAMPLES = 60;
    private static final long SAMPLE_SECONDS = 10;

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
        for (int i = 0; i < 2; i++) {
            channels.add(HomeportChannelBuilder.forTarget("lpc:" + name).build());
        }
        List<Sample> samples = new ArrayList<>();
        long begun = System.nanoTime();
        try (Jvm server = Jvm.start(EchoServer.class, name)) {
            server.awaitLine(EchoServer.LISTENING);
            try (Callers callers = new Callers(channels, e -> run.fail("a call failed: " + e.getStatus()))) {
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(run.size());
                long nextSample = begun;
                for (long i = 0; System.nanoTime() - end < 0; i++) {
                    others(run, name, i);
                    if (System.nanoTime() - nextSample >= 0) {
                        samples.add(sample(server, begun));
                        nextSample = System.nanoTime() + TimeUnit.SECONDS.toNanos(SAMPLE_SECONDS);
                    }
                }
                run.fact(callers.succeeded() + " unary calls");
            }
            samples.add(sample(server, begun));
        } finally {
            for (ManagedChannel channel : channels) {
                channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            }
        }
        run.done(run.size());
        tell(run, samples);
    }

    /** A connection that lives for a stream, a large message and a pause in which everybody falls asleep. */
    private static void others(Run run, String name, long round) throws InterruptedException {
        ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:" + name).build();
        try {
            EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
            Iterator<EchoReply> replies = stub.download(
                    DownloadRequest.newBuilder().setCount(100).setBytes(2_000).build());
            long expected = 0;
            while (replies.hasNext()) {
                if (replies.next().getSequence() != expected++) {
                    run.fail("a stream lost its order");
                }
            }
            stub.unary(Payload.request(1 + (int) (round * 7_919 % 3_000_000), round));
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            stub.unary(Payload.request(10, round));
        } finally {
            channel.shutdown().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static Sample sample(Jvm server, long begun) {
        server.send(EchoServer.HEAP);
        long heap = Long.parseLong(server.awaitLine(EchoServer.HEAP));
        ProcSnapshot now = ProcSnapshot.of(server.pid());
        return new Sample((System.nanoTime() - begun) / 1e9, heap, now.descriptorCount(), now.memfdMappings());
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
