package dev.homeport.lpc;

import com.google.protobuf.BytesValue;
import dev.homeport.call.Connection;
import dev.homeport.spi.BodySettings;
import io.grpc.Channel;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Where the techniques' curves cross: echoes by size, in two warm processes, with everything through the queue (in
 * fragments where one frame is not enough), by section, and direct; by one caller and by several on one connection. Prints
 * the median time of a call, the processor time of both processes for it, and how many the several made. The numbers behind
 * the constants of {@link dev.homeport.lpc.transfer.Bounds} come from here. {@code ThresholdMeasurement SIZE...}, on a
 * quiet machine.
 */
final class ThresholdMeasurement {
    private static final int ALWAYS = 1;
    private static final int NEVER = Integer.MAX_VALUE;
    private static final long CELL_NANOS = 400_000_000;
    private static final int ROUNDS = 3;
    private static final int CALLERS = 8;
    private static final int WARM_UP_BYTES = 4000;
    private static final List<String> TECHNIQUES = List.of("queue", "section", "direct");

    private ThresholdMeasurement() {}

    /** @param cpuMicros of both processes, a call */
    private record Cell(double micros, double cpuMicros, double callsPerSecond) {}

    static BodySettings settings(String technique) {
        return switch (technique) {
            case "queue" -> new BodySettings(NEVER, NEVER, false, false);
            case "section" -> new BodySettings(ALWAYS, NEVER, false, false);
            default -> new BodySettings(ALWAYS, ALWAYS, true, false);
        };
    }

    /** The server's process: one port for each technique. */
    static final class Server {
        private Server() {}

        public static void main(String[] arguments) throws Exception {
            for (String technique : TECHNIQUES) {
                Echo.publish(arguments[0] + technique, settings(technique),
                        new java.util.concurrent.atomic.AtomicReference<>());
            }
            System.out.println("published");
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }

    public static void main(String[] sizes) throws Exception {
        String name = "thresholds-" + System.nanoTime() + "-";
        try (ChildJvm server = ChildJvm.start(List.of("--enable-native-access=ALL-UNNAMED"), Server.class, name)) {
            server.line();
            List<Connection> connections = new ArrayList<>();
            for (String technique : TECHNIQUES) {
                connections.add(Echo.connect(name + technique, settings(technique)));
            }
            for (int callers : new int[] {1, CALLERS}) {
                System.out.printf("%ncallers: %d; p50 us, cpu us a call, calls/s%n%8s", callers, "bytes");
                TECHNIQUES.forEach(technique -> System.out.printf(" %28s", technique));
                System.out.println();
                row(connections, server.pid(), Echo.message(WARM_UP_BYTES, 1), callers);
                for (String size : sizes) {
                    System.out.printf("%8s%s%n", size,
                            row(connections, server.pid(), Echo.message(Integer.parseInt(size), 1), callers));
                }
            }
            connections.forEach(connection -> connection.shutdownNow(Status.CANCELLED));
        }
    }

    /** All techniques in turn, so that what the machine does meanwhile meets them alike; the median round of each. */
    private static String row(List<Connection> connections, int serverPid, BytesValue request, int callers)
            throws Exception {
        List<List<Cell>> rounds = new ArrayList<>();
        connections.forEach(connection -> rounds.add(new ArrayList<>()));
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < connections.size(); i++) {
                rounds.get(i).add(measure(Echo.channelOn(connections.get(i)), serverPid, request, callers));
            }
        }
        StringBuilder row = new StringBuilder();
        for (List<Cell> cells : rounds) {
            cells.sort(Comparator.comparingDouble(Cell::micros));
            Cell median = cells.get(ROUNDS / 2);
            row.append(String.format(
                    Locale.ROOT, " %9.1f %8.1f %9.0f", median.micros, median.cpuMicros, median.callsPerSecond));
        }
        return row.toString();
    }

    private static Cell measure(Channel channel, int serverPid, BytesValue request, int callers) throws Exception {
        long cpuBefore = cpuNanos(serverPid);
        long begin = System.nanoTime();
        List<FutureTask<long[]>> tasks = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            FutureTask<long[]> task = new FutureTask<>(() -> call(channel, request, begin + CELL_NANOS));
            tasks.add(task);
            Thread.ofPlatform().daemon().start(task);
        }
        List<long[]> latencies = new ArrayList<>();
        for (FutureTask<long[]> task : tasks) {
            latencies.add(task.get(60, TimeUnit.SECONDS));
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        double cpuMicros = (cpuNanos(serverPid) - cpuBefore) / 1e3;
        long[] sorted = latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return new Cell(sorted[sorted.length / 2] / 1e3, cpuMicros / sorted.length, sorted.length / seconds);
    }

    /** Calls until then; nanoseconds of each. */
    private static long[] call(Channel channel, BytesValue request, long end) {
        long[] nanos = new long[1_000_000];
        int calls = 0;
        long from = System.nanoTime();
        while (calls < nanos.length && from - end < 0) {
            if (!Echo.call(channel, request).equals(request)) {
                throw new IllegalStateException("reply is not the request");
            }
            long now = System.nanoTime();
            nanos[calls++] = now - from;
            from = now;
        }
        return Arrays.copyOf(nanos, calls);
    }

    /** Of this process and that one. */
    private static long cpuNanos(int pid) {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos()
                + ProcessHandle.of(pid).orElseThrow().info().totalCpuDuration().orElseThrow().toNanos();
    }
}
