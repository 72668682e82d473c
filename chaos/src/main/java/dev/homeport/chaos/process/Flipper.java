package dev.homeport.chaos.process;

import dev.homeport.HomeportServerBuilder;
import dev.homeport.testkit.EchoService;
import io.grpc.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * {@code Flipper client|server <name>}: sets up connections as it must and calls, or serves, as it should, while a thread
 * of it rewrites what it shares with its peer, from when a line {@code <seed> <milliseconds>} asks for it. Answers what
 * it did, and ends with its input.
 */
public final class Flipper {
    /** Begins the line that says that a server is there. */
    public static final String READY = "ready";
    /** Begins an answer: connections, flips and calls. */
    public static final String FLIPPED = "flipped ";
    public static final String CLIENT = "client";
    public static final String SERVER = "server";

    private Flipper() {}

    /** Flips when asked. */
    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals(SERVER)) {
            Server server = HomeportServerBuilder.forName(arguments[1])
                    .maxInboundMessageSize(EchoServer.MAX_MESSAGE_BYTES)
                    .addService(EchoService.definition())
                    .build()
                    .start();
            System.out.println(READY);
            obey(Flipper::flip);
            server.shutdownNow();
        } else {
            System.out.println(READY);
            obey((seed, endNanos) -> visit(arguments[1], seed, endNanos));
        }
        System.exit(0);
    }

    /** What a line asks for. */
    private interface Work {
        String run(long seed, long endNanos) throws Exception;
    }

    private static void obey(Work work) throws Exception {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                long millis = Long.parseLong(words[1]);
                System.out.println(FLIPPED + work.run(
                        Long.parseLong(words[0]), System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis)));
            }
        }
    }

    private static String flip(long seed, long endNanos) throws IOException {
        Flips flips = new Flips(seed);
        flips.run(endNanos);
        return flips.connections() + " " + flips.flips() + " 0";
    }

    private static String visit(String name, long seed, long endNanos) throws InterruptedException {
        Flips flips = new Flips(seed);
        Visit visit = new Visit(name, seed);
        Thread flipping = Thread.ofPlatform().start(() -> {
            try {
                flips.run(endNanos);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        visit.run(endNanos);
        flipping.join();
        return flips.connections() + " " + flips.flips() + " " + visit.calls();
    }
}
