package dev.homeport.bench.agent;

import dev.homeport.bench.load.Parameters;
import dev.homeport.bench.rival.CountedTransport;
import dev.homeport.bench.rival.Rival;
import dev.homeport.bench.system.Usage;
import dev.homeport.spi.PortCounters;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A process that is measured: the client or the server of one rival. Takes one command a line on its standard input
 * and answers each with one line. Ends with its input, and so with the benchmark that started it.
 */
public final class Agent {
    static final String CLIENT = "client";
    static final String SERVER = "server";
    /** Begins the first line, which tells the server's address. */
    static final String READY = "ready ";
    /** Begins the answer to a command that was done. */
    static final String DONE = "done ";
    /** Begins the answer to one that was not. */
    static final String FAILED = "failed ";

    /** Command: what this process has used. */
    static final String USAGE = "usage";
    /** Command: collects garbage and tells the heap that is left. */
    static final String HEAP = "heap";
    /** Command: sums of the counters of Homeport's ports. */
    static final String COUNTERS = "counters";
    /** Command to the client: a run, with topic, time and the cell's parameters. */
    static final String RUN = "run";
    /** Command to the client: opens so many connections and leaves them idle. */
    static final String OPEN = "open";
    /** Command to the client: closes them. */
    static final String CLOSE = "close";

    /** Kept here, or the levels would be forgotten with the loggers. */
    private static final List<Logger> QUIET = List.of(
            // Says for each connection that a Unix-domain socket has no keep-alive, which grpc-netty asks for.
            Logger.getLogger("io.netty.bootstrap"),
            // Says which route is taken, which the client checks by itself.
            Logger.getLogger("dev.homeport.route"));

    private Agent() {}

    /** What the client's and the server's process have each. */
    interface Role extends AutoCloseable {
        /** Where others find it; empty if nobody needs to. */
        String address();

        /** Does what only this role can. */
        Parameters command(String name, Parameters parameters) throws Exception;

        @Override
        void close();
    }

    /** Arguments: client or server, the rival's label, and for a client the server's address. */
    public static void main(String[] arguments) throws Exception {
        QUIET.forEach(logger -> logger.setLevel(Level.SEVERE));
        Rival rival = Rival.of(arguments[1]);
        try (Role role = arguments[0].equals(SERVER)
                ? ServerRole.start(rival)
                : new ClientRole(rival, arguments.length > 2 ? arguments[2] : "")) {
            System.out.println(READY + role.address());
            serve(role);
        } finally {
            // Threads of libraries may still run, and nothing that they could do matters any more.
            Runtime.getRuntime().halt(0);
        }
    }

    private static void serve(Role role) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(answer(role, line));
        }
    }

    private static String answer(Role role, String line) {
        int space = line.indexOf(' ');
        String name = space < 0 ? line : line.substring(0, space);
        try {
            return DONE + command(role, name, Parameters.parse(line)).toLine();
        } catch (Exception | LinkageError | AssertionError e) {
            e.printStackTrace();
            return FAILED + e.toString().replaceAll("\\s+", " ");
        }
    }

    private static Parameters command(Role role, String name, Parameters parameters) throws Exception {
        return switch (name) {
            case USAGE -> new Parameters(Usage.now().toMap());
            case HEAP -> Parameters.of("bytes", heapBytes());
            case COUNTERS -> counters(CountedTransport.total());
            default -> role.command(name, parameters);
        };
    }

    private static long heapBytes() {
        // Once more: what the first one only found to be unreachable (references, cleaners) goes with the second.
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static Parameters counters(PortCounters total) {
        return Parameters.of("sent", total.framesSent())
                .and("read", total.framesRead())
                .and("doorbells", total.doorbellsRung())
                .and("safetyNet", total.safetyNetWakes())
                .and("takeOvers", total.takeOvers());
    }

    /** The counters that {@link #COUNTERS} answers with. */
    static PortCounters counters(Parameters answer) {
        return new PortCounters(
                Long.parseLong(answer.text("sent")),
                Long.parseLong(answer.text("read")),
                Long.parseLong(answer.text("doorbells")),
                Long.parseLong(answer.text("safetyNet")),
                Long.parseLong(answer.text("takeOvers")));
    }
}
