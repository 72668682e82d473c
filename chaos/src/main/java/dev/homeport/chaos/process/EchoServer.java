package dev.homeport.chaos.process;

import dev.homeport.HomeportServerBuilder;
import dev.homeport.lpc.LpcTransport;
import dev.homeport.testkit.EchoService;
import io.grpc.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * {@code EchoServer <name> [takeover]}: serves the echo service on a connection port alone. Says when it listens;
 * tells its heap, or what its safety nets caught, when asked; at the end of its input it shuts down in good order.
 */
public final class EchoServer {
    /** Begins the line with {@link System#nanoTime}, which all processes of a machine share, at listening. */
    public static final String LISTENING = "listening ";
    /** A line that asks for the heap in use after a collection. */
    public static final String HEAP = "heap";
    /** A line that asks for the waits that a safety net ended. */
    public static final String NETS = "nets";

    /** The largest message of a campaign and a little. */
    public static final int MAX_MESSAGE_BYTES = (64 << 20) + (1 << 16);

    private EchoServer() {}

    /** Serves. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Server server = HomeportServerBuilder.forName(arguments[0])
                .takeOver(arguments.length > 1)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .addService(EchoService.definition())
                .build()
                .start();
        System.out.println(LISTENING + System.nanoTime());
        Thread.ofPlatform().daemon().start(() -> obey(server));
        server.awaitTermination();
    }

    private static void obey(Server server) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals(HEAP)) {
                    System.out.println(HEAP + usedHeapBytes());
                } else if (line.equals(NETS)) {
                    System.out.println(NETS + LpcTransport.safetyNetWakes());
                }
            }
        } catch (IOException e) {
            // As good as its end.
        }
        server.shutdown();
    }

    private static long usedHeapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
