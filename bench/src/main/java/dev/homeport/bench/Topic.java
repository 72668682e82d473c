package dev.homeport.bench;

import static dev.homeport.bench.rival.Rival.*;

import dev.homeport.bench.load.ConnectionSetup;
import dev.homeport.bench.load.Figures;
import dev.homeport.bench.load.Load;
import dev.homeport.bench.load.ManyCallers;
import dev.homeport.bench.load.ManyConnections;
import dev.homeport.bench.load.OneCaller;
import dev.homeport.bench.load.OutstandingCalls;
import dev.homeport.bench.load.PacedCalls;
import dev.homeport.bench.load.RemoteBesideBare;
import dev.homeport.bench.load.SessionCalls;
import dev.homeport.bench.load.Streams;
import dev.homeport.bench.rival.Rival;
import java.util.List;

/** The topics. Each has a client and a server process of its own for each rival. */
public enum Topic {
    /** One blocking caller, by size of the payload. */
    L(new OneCaller(), Figures.P50, List.of(NETTY_UNIX, IN_PROCESS, COPY, SPIN), HOMEPORT, HOMEPORT_REMOTE,
            NETTY_TCP, NETTY_UNIX, NETTY_UNIX_DIRECT, IN_PROCESS, SPIN, FUTEX, COPY),
    /** The same with both processes on one core. */
    L1(new OneCaller(), Figures.P50, List.of(NETTY_UNIX, FUTEX), HOMEPORT, NETTY_TCP, NETTY_UNIX,
            NETTY_UNIX_DIRECT, FUTEX),
    /** 64 outstanding asynchronous calls. */
    T(new OutstandingCalls(), Figures.PER_SECOND, List.of(NETTY_UNIX, NETTY_TCP), HOMEPORT, HOMEPORT_REMOTE,
            NETTY_TCP, NETTY_UNIX, NETTY_UNIX_DIRECT, IN_PROCESS),
    /** Streams. */
    S(new Streams(), Figures.PER_SECOND, List.of(NETTY_UNIX, NETTY_TCP), HOMEPORT, HOMEPORT_REMOTE, NETTY_TCP,
            NETTY_UNIX, NETTY_UNIX_DIRECT, IN_PROCESS),
    /** Paced calls: both sides asleep. */
    P(new PacedCalls(), Figures.P50, List.of(NETTY_UNIX, FUTEX, FUTEX_APART), HOMEPORT, NETTY_TCP, NETTY_UNIX,
            NETTY_UNIX_DIRECT, IN_PROCESS, FUTEX, FUTEX_APART),
    /** Many blocking callers on one channel. */
    N(new ManyCallers(), Figures.PER_SECOND, List.of(NETTY_UNIX), HOMEPORT, NETTY_TCP, NETTY_UNIX, IN_PROCESS),
    /** Many connections. */
    K(new ManyConnections(), Figures.PER_SECOND, List.of(NETTY_UNIX), HOMEPORT, NETTY_TCP, NETTY_UNIX),
    /** What a connection costs. */
    C(new ConnectionSetup(), ConnectionSetup.SETUP, List.of(NETTY_UNIX), HOMEPORT, NETTY_TCP, NETTY_UNIX),
    /** Calls of a client that serves callbacks: plain, called back, by name; and with access rules. */
    B(new SessionCalls(), Figures.P50, List.of(HOMEPORT), HOMEPORT, HOMEPORT_RULES, HOMEPORT_REMOTE),
    /** The remote route against bare grpc-netty, paired. */
    R(new RemoteBesideBare(), RemoteBesideBare.MORE, List.of(), REMOTE_BESIDE_BARE);

    private final Load load;
    private final String mainFigure;
    private final List<Rival> references;
    private final List<Rival> rivals;

    Topic(Load load, String mainFigure, List<Rival> references, Rival... rivals) {
        this.load = load;
        this.mainFigure = mainFigure;
        this.references = references;
        this.rivals = List.of(rivals);
    }

    public Load load() {
        return load;
    }

    /** What the plot shows and the references are compared by. */
    public String mainFigure() {
        return mainFigure;
    }

    /** Those that the others are shown in proportion to. */
    public List<Rival> references() {
        return references;
    }

    public List<Rival> rivals() {
        return rivals;
    }

    /** Whether both processes run on one core. */
    public boolean isPinned() {
        return this == L1;
    }
}
