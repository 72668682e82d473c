package dev.homeport.chaos.process;

import dev.homeport.AccessRule;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.lpc.LpcTransport;
import dev.homeport.lpc.port.UserAccount;
import dev.homeport.testkit.EchoService;
import io.grpc.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * {@code EchoServer <name> [takeover] [everybody]}: serves the echo service on a connection port alone, to every local
 * user if it is told so. Says when it listens; tells its heap, what its safety nets caught, or what a user has of it, when
 * asked; at the end of its input it shuts down in good order.
 */
public final class EchoServer {
    /** Begins the line with {@link System#nanoTime}, which all processes of a machine share, at listening. */
    public static final String LISTENING = "listening ";
    /** A line that asks for the heap in use after a collection. */
    public static final String HEAP = "heap";
    /** A line that asks for the waits that a safety net ended. */
    public static final String NETS = "nets";

    /** Begins a line that asks what the user with that number has: half-open set-ups, connections, descriptors, bytes. */
    public static final String ACCOUNT = "account ";
    /** Has the server take over a name. */
    public static final String TAKE_OVER = "takeover";
    /** Has it serve every local user. */
    public static final String EVERYBODY = "everybody";

    /** The largest message of a campaign and a little. */
    public static final int MAX_MESSAGE_BYTES = (64 << 20) + (1 << 16);

    private EchoServer() {}

    /** Serves. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        HomeportServerBuilder builder = HomeportServerBuilder.forName(arguments[0])
                .takeOver(Arrays.asList(arguments).contains(TAKE_OVER))
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .addService(EchoService.definition());
        if (Arrays.asList(arguments).contains(EVERYBODY)) {
            builder.access(AccessRule.anyLocalUser());
        }
        Server server = builder.build().start();
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
                } else if (line.startsWith(ACCOUNT)) {
                    UserAccount account = LpcTransport.account(Integer.parseInt(line.substring(ACCOUNT.length())));
                    System.out.println(ACCOUNT + account.halfOpen() + " " + account.connections() + " "
                            + account.descriptors() + " " + account.mappedBytes());
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
