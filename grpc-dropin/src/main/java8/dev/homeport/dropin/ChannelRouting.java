package dev.homeport.dropin;

import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ManagedChannelProvider.NewChannelBuilderResult;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import org.jspecify.annotations.Nullable;

/** What the channel provider hands on to, in classes that need a new JVM. */
public interface ChannelRouting {
    ManagedChannelBuilder<?> forAddress(String name, int port);

    ManagedChannelBuilder<?> forTarget(String target);

    /**
     * @param registry that the program resolves names with; null: gRPC's own
     * @param resolver that the registry has for the target, or null
     */
    NewChannelBuilderResult forTarget(
            String target,
            ChannelCredentials credentials,
            @Nullable NameResolverRegistry registry,
            @Nullable NameResolverProvider resolver);
}
