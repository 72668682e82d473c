package dev.homeport.chaos.process;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.Route;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.Technique;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * {@code NextDoor <name>}: calls a server for as many milliseconds as a line says: small messages, large ones, and on new
 * connections. Answers what went wrong and how long each took, and ends with its input. Used by one thread.
 */
public final class NextDoor {
    /** The line that says that it has called often enough to be as quick as it will be. */
    public static final String WARM = "warm";
    /** Begins a line, before the answer, for each thing that went wrong. */
    public static final String FAULT = "fault: ";
    /** Begins an answer: a histogram of nanoseconds for each of {@link #KINDS}. */
    public static final String CALLED = "called ";
    /** Kinds of calls. */
    public static final List<String> KINDS = List.of("calls", "calls by section", "new connections");

    private static final long MAX_NANOS = 60_000_000_000L;
    private static final long PAUSE_NANOS = 50_000;
    private static final int WARM_MILLIS = 2_000;
    private static final int SMALL_BYTES = 50;
    private static final int LARGE_BYTES = 100_000;
    private static final int LARGE_ONE_IN = 20;
    private static final int NEW_ONE_IN = 400;
    /** Calls until a new connection has a section, at most: it is made while the first ones go another way. */
    private static final int MOST_CALLS = 2_000;

    private final String target;
    private final ManagedChannel channel;
    private final EchoGrpc.EchoBlockingStub stub;
    private final List<Histogram> times = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private long sequence;

    private NextDoor(String name) {
        target = "lpc:" + name;
        channel = HomeportChannelBuilder.forTarget(target).build();
        stub = EchoGrpc.newBlockingStub(channel);
    }

    /** Calls. */
    public static void main(String[] arguments) throws Exception {
        NextDoor neighbour = new NextDoor(arguments[0]);
        neighbour.awaitSection(neighbour.channel, neighbour.stub);
        neighbour.call(WARM_MILLIS);
        System.out.println(WARM);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String answer = neighbour.call(Integer.parseInt(line));
                neighbour.faults.forEach(fault -> System.out.println(FAULT + fault));
                neighbour.faults.clear();
                System.out.println(answer);
            }
        }
        System.exit(0);
    }

    /** The histograms of an answer. */
    public static List<Histogram> read(String answer) throws DataFormatException {
        List<Histogram> histograms = new ArrayList<>();
        for (String word : answer.split(" ")) {
            histograms.add(Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(word)), MAX_NANOS));
        }
        return histograms;
    }

    private String call(int millis) throws InterruptedException {
        times.clear();
        KINDS.forEach(kind -> times.add(new Histogram(MAX_NANOS, 3)));
        BodyCounters bodies = bodies(channel);
        long carried = bodies == null ? 0 : carried(bodies);
        long large = 0;
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (int i = 1; System.nanoTime() - end < 0; i++) {
            call(0, stub, SMALL_BYTES);
            if (i % LARGE_ONE_IN == 0) {
                call(1, stub, LARGE_BYTES);
                large++;
            }
            if (i % NEW_ONE_IN == 0) {
                connect();
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        long byOthers = bodies == null ? 2 * large : 2 * large - (carried(bodies) - carried);
        if (byOthers != 0) {
            faults.add("large messages that no section carried: " + byOthers + " of " + 2 * large
                    + (bodies == null ? "" : ", " + bodies.lastDecline(Technique.SECTION)));
        }
        requireLocal(channel);
        return answer();
    }

    private void call(int kind, EchoGrpc.EchoBlockingStub on, int bytes) {
        long begun = System.nanoTime();
        try {
            EchoReply reply = on.unary(Payload.request(bytes, ++sequence));
            if (reply.getSequence() != sequence || !Payload.isIntact(reply)) {
                faults.add("a call had another's reply: " + reply.getSequence() + " for " + sequence);
            }
        } catch (StatusRuntimeException e) {
            faults.add("one of its " + KINDS.get(kind) + " failed: " + e.getStatus());
        }
        times.get(kind).recordValue(Math.clamp(System.nanoTime() - begun, 0, MAX_NANOS));
    }

    private void connect() throws InterruptedException {
        ManagedChannel opened = HomeportChannelBuilder.forTarget(target).build();
        try {
            EchoGrpc.EchoBlockingStub on = EchoGrpc.newBlockingStub(opened);
            call(KINDS.size() - 1, on, SMALL_BYTES);
            awaitSection(opened, on);
            requireLocal(opened);
        } catch (StatusRuntimeException e) {
            faults.add("a call of a new connection failed: " + e.getStatus());
        } finally {
            opened.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    /** Calls with large messages until a section carries them both ways. */
    private void awaitSection(ManagedChannel opened, EchoGrpc.EchoBlockingStub on) {
        for (int i = 0; i < MOST_CALLS; i++) {
            on.unary(Payload.request(LARGE_BYTES, i));
            BodyCounters bodies = bodies(opened);
            if (bodies != null
                    && bodies.sent(Technique.SECTION).messages() > 0
                    && bodies.received(Technique.SECTION).messages() > 0) {
                return;
            }
        }
        BodyCounters bodies = bodies(opened);
        faults.add("a new connection has no section: "
                + (bodies == null ? "not local" : bodies.declined(Technique.SECTION).toString()));
    }

    private static long carried(BodyCounters bodies) {
        return bodies.sent(Technique.SECTION).messages() + bodies.received(Technique.SECTION).messages();
    }

    private void requireLocal(ManagedChannel opened) {
        if (!Route.of(opened).isLocal()) {
            faults.add("not local: " + Route.of(opened));
        }
    }

    /** What the channel's connection says of itself in its calls; null if it has none. */
    private static @Nullable BodyCounters bodies(ManagedChannel opened) {
        ClientCall<?, EchoReply> call = opened.newCall(EchoGrpc.getChatMethod(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        BodyCounters bodies = call.getAttributes().get(BodyCounters.ATTRIBUTE);
        call.cancel("it was asked what it has", null);
        return bodies;
    }

    private String answer() {
        StringBuilder answer = new StringBuilder(CALLED);
        for (Histogram histogram : times) {
            ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
            int length = histogram.encodeIntoCompressedByteBuffer(bytes);
            answer.append(Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length))).append(' ');
        }
        return answer.toString().strip();
    }
}
