package dev.homeport.bench.agent;

import dev.homeport.bench.Topic;
import dev.homeport.bench.limit.Handover;
import dev.homeport.bench.load.Figures;
import dev.homeport.bench.load.GrpcSubject;
import dev.homeport.bench.load.IdleConnections;
import dev.homeport.bench.load.LimitSubject;
import dev.homeport.bench.load.PairedSubject;
import dev.homeport.bench.load.Parameters;
import dev.homeport.bench.load.Subject;
import dev.homeport.bench.rival.Endpoints;
import dev.homeport.bench.rival.Rival;
import dev.homeport.bench.system.SharedBlock;
import dev.homeport.bench.system.Usage;
import io.grpc.Server;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The client of a rival, which runs the loads. Hosts the server too where a rival is one process. */
final class ClientRole implements Agent.Role {
    /** Parameter of a run: which topic. */
    static final String TOPIC = "topic";
    /** Parameter of a run: how long. */
    static final String NANOS = "nanos";
    /** Parameter of opening idle connections: how many. */
    static final String CONNECTIONS = "connections";
    /** Figures of a run: what this process used for it. */
    static final String CPU = "client_cpu_us";
    static final String SWITCHES = "client_switches";

    private final Subject subject;
    private final IdleConnections idle = new IdleConnections();
    private @Nullable Server ownServer;

    ClientRole(Rival rival, String serverAddress) throws IOException {
        this.subject = subject(rival, serverAddress);
    }

    private Subject subject(Rival rival, String serverAddress) throws IOException {
        return switch (rival) {
            case COPY -> LimitSubject.copies();
            case SPIN -> new LimitSubject(SharedBlock.open(serverAddress), Handover.SPIN);
            case FUTEX, FUTEX_APART -> new LimitSubject(SharedBlock.open(serverAddress), Handover.FUTEX);
            case REMOTE_BESIDE_BARE -> new PairedSubject(serverAddress);
            default -> new GrpcSubject(rival, rival.hasServer() ? serverAddress : ownAddress(rival));
        };
    }

    private String ownAddress(Rival rival) throws IOException {
        Server server = new Endpoints(rival).start();
        ownServer = server;
        return rival.wire().address(server);
    }

    @Override
    public String address() {
        return "";
    }

    @Override
    public Parameters command(String name, Parameters parameters) throws Exception {
        return switch (name) {
            case Agent.RUN -> run(parameters).toParameters();
            case Agent.OPEN -> {
                idle.open(subject.grpc(), parameters.number(CONNECTIONS));
                yield Parameters.NONE;
            }
            case Agent.CLOSE -> {
                idle.close();
                yield Parameters.NONE;
            }
            default -> throw new IllegalArgumentException("unknown command: " + name);
        };
    }

    private Figures run(Parameters parameters) throws Exception {
        Topic topic = Topic.valueOf(parameters.text(TOPIC));
        long nanos = Long.parseLong(parameters.text(NANOS));
        subject.begin();
        try {
            Usage before = Usage.now();
            Figures figures = topic.load().run(subject, parameters, nanos);
            Usage used = Usage.now().minus(before);
            return figures.put(CPU, used.cpuMicros()).put(SWITCHES, used.switches());
        } finally {
            subject.end();
        }
    }

    @Override
    public void close() {
        idle.close();
        subject.close();
        if (ownServer != null) {
            ownServer.shutdownNow();
        }
    }
}
