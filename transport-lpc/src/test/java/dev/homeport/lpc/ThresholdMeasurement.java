package dev.homeport.lpc;

import com.google.protobuf.BytesValue;
import dev.homeport.call.Connection;
import dev.homeport.spi.BodySettings;
import io.grpc.Channel;
import io.grpc.Status;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Where the techniques' curves cross: the lower quartile of the time of an echo by size, in two warm processes, with everything through the
 * queue (in fragments where one frame is not enough), by section, and direct. The numbers behind the constants of
 * {@link dev.homeport.lpc.transfer.Bounds} come from here. {@code ThresholdMeasurement SIZE...}, on a quiet machine.
 */
final class ThresholdMeasurement {
    private static final int ALWAYS = 1;
    private static final int NEVER = Integer.MAX_VALUE;
    private static final long CELL_NANOS = 700_000_000;
    private static final List<String> TECHNIQUES = List.of("queue", "section", "direct");

    private ThresholdMeasurement() {}

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
            System.out.printf("%12s %12s %12s %12s%n", "bytes", "queue us", "section us", "direct us");
            for (String size : sizes) {
                BytesValue request = Echo.message(Integer.parseInt(size), 1);
                StringBuilder row = new StringBuilder(String.format("%12s", size));
                for (String technique : TECHNIQUES) {
                    Connection connection = Echo.connect(name + technique, settings(technique));
                    row.append(String.format(Locale.ROOT, " %12.1f", quartile(Echo.channelOn(connection), request)));
                    connection.shutdownNow(Status.CANCELLED);
                }
                System.out.println(row);
            }
        }
    }

    private static double quartile(Channel channel, BytesValue request) {
        measure(channel, request);
        return measure(channel, request);
    }

    private static double measure(Channel channel, BytesValue request) {
        long[] nanos = new long[1_000_000];
        int calls = 0;
        long begin = System.nanoTime();
        long from = begin;
        while (calls < nanos.length && (from - begin < CELL_NANOS || calls < 5)) {
            if (!Echo.call(channel, request).equals(request)) {
                throw new IllegalStateException("reply is not the request");
            }
            long now = System.nanoTime();
            nanos[calls++] = now - from;
            from = now;
        }
        return Arrays.stream(nanos, 0, calls).sorted().skip(calls / 4).findFirst().orElse(0) / 1e3;
    }
}
