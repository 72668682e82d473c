package dev.homeport.bench.rival;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is measured side by side. Each rival has a client process and a server process of its own, so that no
 * JIT profile is spoilt by another; those without a server do all in the client's.
 */
public enum Rival {
    /** Homeport, as a program gets it by adding the drop-in jar. */
    HOMEPORT(Wire.DROP_IN, false, "auto"),
    /** The same, told to go by TCP: must cost what bare grpc-netty costs. */
    HOMEPORT_REMOTE(Wire.DROP_IN, false, "remote"),
    /** As {@link #HOMEPORT}, with access rules on the server. */
    HOMEPORT_RULES(Wire.DROP_IN, false, "auto"),
    /** {@link #HOMEPORT_REMOTE} and {@link #NETTY_TCP} in the same two processes, slice by slice. */
    REMOTE_BESIDE_BARE(Wire.DROP_IN, false, "remote"),
    NETTY_TCP(Wire.TCP, false, "auto"),
    NETTY_UNIX(Wire.UNIX, false, "auto"),
    /** The server runs its handlers on the event loop. */
    NETTY_UNIX_DIRECT(Wire.UNIX, true, "auto"),
    /** One process, direct executors on both sides. */
    IN_PROCESS(Wire.IN_PROCESS, true, "auto"),
    /** Limit: bytes through shared memory between two processes that spin. */
    SPIN(null, false, "auto"),
    /** Limit: the same between two processes that sleep by futex. */
    FUTEX(null, false, "auto"),
    /** The same with each process bound to a processor of its own: what waking another processor takes. */
    FUTEX_APART(null, false, "auto"),
    /** Limit: the copies alone, by one thread. */
    COPY(null, false, "auto");

    private final @Nullable Wire wire;
    private final boolean direct;
    private final String route;

    Rival(@Nullable Wire wire, boolean direct, String route) {
        this.wire = wire;
        this.direct = direct;
        this.route = route;
    }

    /** As the tables and options name it. */
    public static Rival of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether it carries gRPC calls; the limits carry bytes. */
    public boolean isGrpc() {
        return wire != null;
    }

    /** Whether a second process serves. */
    public boolean hasServer() {
        return this != IN_PROCESS && this != COPY;
    }

    public Wire wire() {
        return wire;
    }

    /** Whether its executors are direct. */
    public boolean isDirect() {
        return direct;
    }

    /** Value of {@code HOMEPORT_ROUTE} for both processes. */
    public String route() {
        return route;
    }
}
