package dev.homeport.bench.agent;

import dev.homeport.bench.Cell;
import dev.homeport.bench.load.Figures;
import dev.homeport.bench.load.Parameters;
import dev.homeport.bench.rival.Rival;
import dev.homeport.bench.system.ProcessMemory;
import dev.homeport.bench.system.Usage;
import dev.homeport.spi.PortCounters;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The processes of one rival, for the cells of one topic. Used by one thread, which closes it. */
public final class Pair implements AutoCloseable {
    /** Time on a processor of both processes, by call or message. */
    public static final String CPU_PER_CALL = "cpu_us_per_call";
    /** Context switches of both processes, by call or message. */
    public static final String SWITCHES_PER_CALL = "switches_per_call";
    /** The same time as a share of one core, in percent. */
    public static final String CORE_PERCENT = "core_percent";
    /** Doorbells that Homeport rang on both sides, by call or message. */
    public static final String DOORBELLS_PER_CALL = "doorbells_per_call";

    /** Beside the time of a run: large payloads, many connections, a slow machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final double MICROS_PER_SECOND = 1e6;
    private static final double PERCENT = 100;

    private final Rival rival;
    private final @Nullable AgentProcess server;
    private final AgentProcess client;

    private Pair(Rival rival, @Nullable AgentProcess server, AgentProcess client) {
        this.rival = rival;
        this.server = server;
        this.client = client;
    }

    /**
     * @param serverPrefix stands before the command of the server's process; empty if nothing does
     * @param clientPrefix the same for the client's
     */
    public static Pair start(Rival rival, List<String> serverPrefix, List<String> clientPrefix) throws IOException {
        if (!rival.hasServer()) {
            return new Pair(rival, null, AgentProcess.client(rival, clientPrefix, ""));
        }
        AgentProcess server = AgentProcess.server(rival, serverPrefix);
        try {
            return new Pair(rival, server, AgentProcess.client(rival, clientPrefix, server.address()));
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    public Rival rival() {
        return rival;
    }

    /** One run of a cell; warm-up is one too. */
    public Figures run(Cell cell, long nanos) throws IOException {
        Parameters parameters = cell.parameters()
                .and(ClientRole.TOPIC, cell.topic().name())
                .and(ClientRole.NANOS, nanos);
        Usage before = serverUsage();
        PortCounters countersBefore = counters();
        Figures figures = Figures.of(client.ask(Agent.RUN, parameters, PATIENCE.plusNanos(nanos)));
        Usage used = serverUsage().minus(before).plus(clientUsage(figures));
        addCosts(figures, used);
        if (rival == Rival.HOMEPORT) {
            long rung = counters().doorbellsRung() - countersBefore.doorbellsRung();
            figures.put(DOORBELLS_PER_CALL, rung / figures.get(Figures.CALLS));
        }
        return figures;
    }

    private static Usage clientUsage(Figures figures) {
        return new Usage((long) figures.get(ClientRole.CPU), (long) figures.get(ClientRole.SWITCHES));
    }

    private static void addCosts(Figures figures, Usage used) {
        double calls = figures.get(Figures.CALLS);
        double micros = figures.get(Figures.SECONDS) * MICROS_PER_SECOND;
        figures.put(CPU_PER_CALL, used.cpuMicros() / calls)
                .put(SWITCHES_PER_CALL, used.switches() / calls)
                .put(CORE_PERCENT, PERCENT * used.cpuMicros() / micros);
    }

    private Usage serverUsage() throws IOException {
        return server == null ? Usage.NONE : usage(server);
    }

    private static Usage usage(AgentProcess agent) throws IOException {
        return Usage.of(agent.ask(Agent.USAGE, Parameters.NONE, PATIENCE).values());
    }

    /** What both processes have used since their start. */
    Usage usage() throws IOException {
        return serverUsage().plus(usage(client));
    }

    /** Opens connections on the client's side and leaves them alone. */
    void openIdle(int connections) throws IOException {
        client.ask(Agent.OPEN, Parameters.of(ClientRole.CONNECTIONS, connections), PATIENCE);
    }

    void closeIdle() throws IOException {
        client.ask(Agent.CLOSE, Parameters.NONE, PATIENCE);
    }

    /** Heap of both processes that is in use after a collection, in bytes. */
    long heapBytes() throws IOException {
        long bytes = 0;
        for (AgentProcess agent : agents()) {
            bytes += Long.parseLong(agent.ask(Agent.HEAP, Parameters.NONE, PATIENCE).text("bytes"));
        }
        return bytes;
    }

    /** What both processes hold. */
    ProcessMemory memory() {
        return ProcessMemory.of(agents().stream().map(AgentProcess::pid).toList());
    }

    /** Sums over all ports of both processes since their start; zeros for rivals other than Homeport. */
    public PortCounters counters() throws IOException {
        PortCounters sum = new PortCounters(0, 0, 0, 0, 0);
        if (rival != Rival.HOMEPORT) {
            return sum;
        }
        for (AgentProcess agent : agents()) {
            PortCounters one = Agent.counters(agent.ask(Agent.COUNTERS, Parameters.NONE, PATIENCE));
            sum = new PortCounters(
                    sum.framesSent() + one.framesSent(),
                    sum.framesRead() + one.framesRead(),
                    sum.doorbellsRung() + one.doorbellsRung(),
                    sum.safetyNetWakes() + one.safetyNetWakes(),
                    sum.takeOvers() + one.takeOvers());
        }
        return sum;
    }

    private List<AgentProcess> agents() {
        List<AgentProcess> agents = new ArrayList<>();
        agents.add(client);
        if (server != null) {
            agents.add(server);
        }
        return agents;
    }

    @Override
    public void close() {
        client.close();
        if (server != null) {
            server.close();
        }
    }
}
