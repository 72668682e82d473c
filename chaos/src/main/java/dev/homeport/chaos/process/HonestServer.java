package dev.homeport.chaos.process;

import dev.homeport.HomeportServerBuilder;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.frames.Faults;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code HonestServer <name>}: serves the echo service and counts calls and their ends. Answers each line with calls
 * begun, calls ended and ends too many, and says what went wrong in it; ends with its input.
 */
public final class HonestServer {
    /** Begins an answer: begun, ended, twice. */
    public static final String CALLS = "calls ";
    /** Begins a line, before the answer, for each thing that went wrong. */
    public static final String FAULT = "fault: ";

    private static final LongAdder BEGUN = new LongAdder();
    private static final LongAdder ENDED = new LongAdder();
    private static final LongAdder TWICE = new LongAdder();
    private static final Queue<String> FAULTS = new ConcurrentLinkedQueue<>();

    /** Of one call. */
    private static final class Ends extends ServerStreamTracer {
        private final AtomicInteger seen = new AtomicInteger();

        @Override
        public void streamClosed(Status status) {
            if (seen.incrementAndGet() > 1) {
                TWICE.increment();
            } else {
                ENDED.increment();
            }
            String description = status.getDescription();
            if (description != null && description.contains("connection failed")) {
                FAULTS.add(description);
            }
        }
    }

    private HonestServer() {}

    /** Serves. */
    public static void main(String[] arguments) throws Exception {
        try (Faults faults = new Faults();
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            Server server = HomeportServerBuilder.forName(arguments[0])
                    .maxInboundMessageSize(EchoServer.MAX_MESSAGE_BYTES)
                    .addStreamTracerFactory(new ServerStreamTracer.Factory() {
                        @Override
                        public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                            BEGUN.increment();
                            return new Ends();
                        }
                    })
                    .addService(EchoService.definition())
                    .build()
                    .start();
            System.out.println(EchoServer.LISTENING + System.nanoTime());
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                FAULTS.addAll(faults.seen());
                FAULTS.forEach(fault -> System.out.println(FAULT + fault));
                System.out.println(CALLS + BEGUN.sum() + " " + ENDED.sum() + " " + TWICE.sum());
            }
            server.shutdownNow();
        }
        System.exit(0);
    }
}
