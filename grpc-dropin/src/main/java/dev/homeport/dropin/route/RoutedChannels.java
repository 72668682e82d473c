package dev.homeport.dropin.route;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.dropin.ChannelRouting;
import dev.homeport.route.RemoteTransports;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InternalManagedChannelProvider;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ManagedChannelProvider.NewChannelBuilderResult;
import io.grpc.ManagedChannelRegistry.ProviderNotFoundException;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import org.jspecify.annotations.Nullable;

/** Puts the local route in front of the builder that the next provider gives. Any thread. */
public final class RoutedChannels implements ChannelRouting {
    /** Resolvers that come with gRPC do what the scheme says; others may do anything. */
    private static final String GRPC_PACKAGE = "io.grpc.";

    @Override
    public ManagedChannelBuilder<?> forAddress(String name, int port) {
        // @Internal: a provider's methods are protected, and this is gRPC's accessor of them.
        ManagedChannelBuilder<?> remote =
                InternalManagedChannelProvider.builderForAddress(NextProvider.ofChannels(), name, port);
        return HomeportChannelBuilder.over(remote, RemoteTransports.authority(name, port), null);
    }

    @Override
    public ManagedChannelBuilder<?> forTarget(String target) {
        if (RemoteTransports.isWithoutTcp(target)) {
            return HomeportChannelBuilder.forTarget(target);
        }
        ManagedChannelBuilder<?> remote =
                InternalManagedChannelProvider.builderForTarget(NextProvider.ofChannels(), target);
        return HomeportChannelBuilder.over(remote, target, null);
    }

    @Override
    public NewChannelBuilderResult forTarget(
            String target,
            ChannelCredentials credentials,
            @Nullable NameResolverRegistry registry,
            @Nullable NameResolverProvider resolver) {
        if (Aside.isStepped()) {
            return NewChannelBuilderResult.error(Aside.ANSWER);
        }
        if (RemoteTransports.isWithoutTcp(target)) {
            return NewChannelBuilderResult.channelBuilder(HomeportChannelBuilder.forTarget(target, credentials));
        }
        try {
            ManagedChannelBuilder<?> remote = Aside.ask(() -> remoteBuilder(target, credentials, registry));
            HomeportChannelBuilder builder = HomeportChannelBuilder.over(remote, target, credentials);
            return NewChannelBuilderResult.channelBuilder(
                    isGrpcs(registry, resolver) ? builder : builder.resolvedByProgram());
        } catch (ProviderNotFoundException e) {
            return NewChannelBuilderResult.error(e.getMessage());
        }
    }

    private static ManagedChannelBuilder<?> remoteBuilder(
            String target, ChannelCredentials credentials, @Nullable NameResolverRegistry registry) {
        return registry == null
                ? Grpc.newChannelBuilder(target, credentials)
                : Grpc.newChannelBuilder(target, credentials, registry);
    }

    private static boolean isGrpcs(
            @Nullable NameResolverRegistry registry, @Nullable NameResolverProvider resolver) {
        boolean ownRegistry = registry != null && registry != NameResolverRegistry.getDefaultRegistry();
        boolean ownResolver = resolver != null && !resolver.getClass().getName().startsWith(GRPC_PACKAGE);
        return !ownRegistry && !ownResolver;
    }
}
