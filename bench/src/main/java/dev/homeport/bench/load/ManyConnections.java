package dev.homeport.bench.load;

import io.grpc.ManagedChannel;
import java.util.List;

/**
 * K: many connections to one server. Either one of them has a blocking caller and the others are idle, or each has
 * one asynchronous call open at any time. They stay open for the next run.
 */
public final class ManyConnections implements Load {
    public static final String CONNECTIONS = "connections";
    public static final String BUSY = "busy";
    public static final String ONE = "one";
    public static final String ALL = "all";

    private static final int BYTES = 32;

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        List<ManagedChannel> channels = subject.grpc().crowd(parameters.number(CONNECTIONS));
        return switch (parameters.text(BUSY)) {
            case ONE -> OneCaller.run(GrpcSubject.caller(channels.getFirst(), BYTES), nanos);
            case ALL -> Lane.runAll(channels, subject.grpc().isInline(), nanos);
            default -> throw new IllegalArgumentException("unknown: " + parameters.text(BUSY));
        };
    }
}
