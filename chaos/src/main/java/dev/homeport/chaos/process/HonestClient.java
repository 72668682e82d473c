package dev.homeport.chaos.process;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.frames.Faults;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * {@code HonestClient <server that may lie> <healthy server>}: calls the healthy one without end, and the other from when
 * a line {@code <seed> <milliseconds>} asks for it. Answers what came of the calls, and ends with its input.
 */
public final class HonestClient {
    /** Begins an answer: calls, those that were answered, ends too many, microseconds that one was late at most. */
    public static final String VISITED = "visited ";
    /** Begins a line, before the answer, for each thing that went wrong. */
    public static final String FAULT = "fault: ";
    /** Asks for calls to the healthy server, and the 99th percentile and maximum of their microseconds. */
    public static final String HEALTHY = "healthy ";

    private static final long MAX_NANOS = 60_000_000_000L;
    private static final long PAUSE_NANOS = 100_000;
    private static final int BYTES = 1_500;

    private final ConcurrentHistogram times = new ConcurrentHistogram(MAX_NANOS, 3);
    private final LongAdder wrong = new LongAdder();
    private final ManagedChannel healthy;
    private volatile boolean over;

    private HonestClient(String name) {
        healthy = HomeportChannelBuilder.forTarget("lpc:" + name).build();
    }

    /** Calls. */
    public static void main(String[] arguments) throws Exception {
        HonestClient client = new HonestClient(arguments[1]);
        try (Faults faults = new Faults();
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            Thread caller = Thread.ofPlatform().daemon().start(client::callHealthy);
            int told = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals(HEALTHY)) {
                    System.out.println(client.answer());
                } else {
                    String answer = visit(arguments[0], line.split(" "));
                    faults.seen().stream().skip(told).forEach(fault -> System.out.println(FAULT + fault));
                    told = faults.seen().size();
                    System.out.println(answer);
                }
            }
            client.over = true;
            caller.join();
        }
        System.exit(0);
    }

    private static String visit(String name, String[] words) throws InterruptedException {
        Visit visit = new Visit(name, Long.parseLong(words[0]));
        visit.run(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Long.parseLong(words[1])));
        visit.faults().forEach(fault -> System.out.println(FAULT + fault));
        if (visit.isLost()) {
            System.out.println(FAULT + "a call did not end");
        }
        return VISITED + visit.calls() + " " + visit.answered() + " " + visit.twice() + " "
                + TimeUnit.NANOSECONDS.toMicros(visit.mostLateNanos());
    }

    private void callHealthy() {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(healthy);
        for (int i = 0; !over; i++) {
            long begun = System.nanoTime();
            try {
                EchoReply reply = stub.unary(Payload.request(i % BYTES, i));
                if (reply.getSequence() != i || !Payload.isIntact(reply)) {
                    wrong.increment();
                }
            } catch (StatusRuntimeException e) {
                wrong.increment();
            }
            times.recordValue(Math.clamp(System.nanoTime() - begun, 0, MAX_NANOS));
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        healthy.shutdownNow();
    }

    private String answer() {
        return HEALTHY + times.getTotalCount() + " " + wrong.sum() + " "
                + TimeUnit.NANOSECONDS.toMicros(times.getValueAtPercentile(99)) + " "
                + TimeUnit.NANOSECONDS.toMicros(times.getMaxValue());
    }
}
