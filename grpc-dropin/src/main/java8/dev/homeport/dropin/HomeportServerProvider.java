package dev.homeport.dropin;

import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.ServerProvider;
import org.jspecify.annotations.Nullable;

/**
 * Makes the servers of an unchanged gRPC program publish a connection port. gRPC finds it by having the
 * jar; each server holds the one of the provider that would have been asked without it. A program that
 * names {@code NettyServerBuilder}, shaded or not, asks no provider and so passes it by:
 * {@code HomeportServerBuilder.over} is for such.
 */
public final class HomeportServerProvider extends ServerProvider {
    private final @Nullable ServerRouting routing =
            Gate.open("dev.homeport.dropin.route.RoutedServers", ServerRouting.class);

    @Override
    protected boolean isAvailable() {
        return routing != null;
    }

    @Override
    protected int priority() {
        return HomeportManagedChannelProvider.PRIORITY;
    }

    private ServerRouting routing() {
        if (routing == null) {
            throw new IllegalStateException("not available on this JVM");
        }
        return routing;
    }

    @Override
    protected ServerBuilder<?> builderForPort(int port) {
        return routing().forPort(port);
    }

    @Override
    protected NewServerBuilderResult newServerBuilderForPort(int port, ServerCredentials credentials) {
        return routing().forPort(port, credentials);
    }
}
