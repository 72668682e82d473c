package dev.homeport.bench.load;

import dev.homeport.bench.rival.Endpoints;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** T: a fixed number of asynchronous calls on one channel, each begun anew when its reply is there. */
public final class OutstandingCalls implements Load {
    public static final String EXECUTOR = "executor";
    /** The channel is given no executor. */
    public static final String NO_EXECUTOR = "none";
    /** The channel is given a pool of as many threads as there are processors. */
    public static final String POOL = "pool";

    private static final int OUTSTANDING = 64;

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        return switch (parameters.text(EXECUTOR)) {
            case NO_EXECUTOR -> measure(subject.grpc().shared(), subject.grpc().isInline(), nanos);
            case POOL -> withPool(subject.grpc(), nanos);
            default -> throw new IllegalArgumentException("unknown executor: " + parameters.text(EXECUTOR));
        };
    }

    private static Figures withPool(GrpcSubject subject, long nanos) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            ManagedChannel channel = subject.openReady(pool);
            try {
                return measure(channel, false, nanos);
            } finally {
                Endpoints.close(channel);
            }
        }
    }

    private static Figures measure(Channel channel, boolean inline, long nanos) throws Exception {
        List<Channel> lanes = Collections.nCopies(OUTSTANDING, channel);
        return Lane.runAll(lanes, inline, nanos);
    }
}
