package dev.homeport.dropin;

import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ManagedChannelProvider;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * Gives the channels of an unchanged gRPC program the local route. gRPC finds it by having the jar, and
 * asks it before any other provider; each channel holds the one of the provider that would have been asked
 * without it. A program that names {@code NettyChannelBuilder}, shaded or not, asks no provider and so
 * passes it by: {@code HomeportChannelBuilder.over} is for such.
 */
public final class HomeportManagedChannelProvider extends ManagedChannelProvider {
    /** Above grpc-netty and grpc-netty-shaded (5) and okhttp (3, on Android 8). */
    static final int PRIORITY = 8;

    private final @Nullable ChannelRouting routing =
            Gate.open("dev.homeport.dropin.route.RoutedChannels", ChannelRouting.class);

    @Override
    protected boolean isAvailable() {
        return routing != null;
    }

    @Override
    protected int priority() {
        return PRIORITY;
    }

    private ChannelRouting routing() {
        if (routing == null) {
            throw new IllegalStateException("not available on this JVM");
        }
        return routing;
    }

    @Override
    protected ManagedChannelBuilder<?> builderForAddress(String name, int port) {
        return routing().forAddress(name, port);
    }

    @Override
    protected ManagedChannelBuilder<?> builderForTarget(String target) {
        return routing().forTarget(target);
    }

    @Override
    protected NewChannelBuilderResult newChannelBuilder(String target, ChannelCredentials credentials) {
        return newChannelBuilder(target, credentials, null, null);
    }

    @Override
    protected NewChannelBuilderResult newChannelBuilder(
            String target,
            ChannelCredentials credentials,
            @Nullable NameResolverRegistry registry,
            @Nullable NameResolverProvider resolver) {
        return routing().forTarget(target, credentials, registry, resolver);
    }

    /** As grpc-netty's, so that we are asked for whatever it would be asked for. */
    @Override
    protected Collection<Class<? extends SocketAddress>> getSupportedSocketAddressTypes() {
        return Collections.<Class<? extends SocketAddress>>singleton(InetSocketAddress.class);
    }
}
