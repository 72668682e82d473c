package dev.homeport.bench.rival;

import dev.homeport.AccessRule;
import dev.homeport.CallbackServices;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.bench.proto.EchoGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes channels and servers of one rival, all set up alike. */
public final class Endpoints {
    private static final int END_SECONDS = 20;
    /** Larger than the largest payload, with room for what is around it. */
    private static final int MAX_MESSAGE_BYTES = 512 * 1024 * 1024;

    private final Rival rival;

    public Endpoints(Rival rival) {
        this.rival = rival;
    }

    /** A server that runs, with the service. */
    public Server start() throws IOException {
        ServerBuilder<?> builder = rival.wire().server();
        builder.addService(new EchoService()).maxInboundMessageSize(MAX_MESSAGE_BYTES);
        if (rival.isDirect()) {
            builder.directExecutor();
        }
        if (rival == Rival.HOMEPORT_RULES) {
            HomeportServerBuilder homeport = (HomeportServerBuilder) builder;
            homeport.access(AccessRule.user("nobody"))
                    .access(EchoGrpc.SERVICE_NAME, AccessRule.sameUser().or(AccessRule.user("nobody")));
        }
        return builder.build().start();
    }

    /** A channel to it, with no executor named. */
    public ManagedChannel open(String address) {
        return open(address, null);
    }

    /** A channel to it. */
    public ManagedChannel open(String address, @Nullable Executor executor) {
        ManagedChannelBuilder<?> builder = rival.wire().channel(address);
        builder.maxInboundMessageSize(MAX_MESSAGE_BYTES);
        if (executor != null) {
            builder.executor(executor);
        } else if (rival == Rival.IN_PROCESS) {
            builder.directExecutor();
        }
        return builder.build();
    }

    /** A channel to it whose client serves the same service. */
    public ManagedChannel openServing(String address) {
        return rival.wire()
                .channel(address)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .intercept(CallbackServices.of(new EchoService()))
                .build();
    }

    /** Ends a channel and waits until it has ended. */
    public static void close(ManagedChannel channel) {
        channel.shutdown();
        try {
            if (!channel.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                channel.shutdownNow();
                throw new IllegalStateException("channel has not ended after seconds=" + END_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            channel.shutdownNow();
        }
    }
}
