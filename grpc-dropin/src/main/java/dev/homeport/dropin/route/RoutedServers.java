package dev.homeport.dropin.route;

import dev.homeport.HomeportServerBuilder;
import dev.homeport.dropin.ServerRouting;
import io.grpc.Grpc;
import io.grpc.InternalServerProvider;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.ServerProvider.NewServerBuilderResult;
import io.grpc.ServerRegistry.ProviderNotFoundException;

/** Puts a connection port beside the server that the next provider builds. Any thread. */
public final class RoutedServers implements ServerRouting {

    @Override
    public ServerBuilder<?> forPort(int port) {
        // @Internal: a provider's methods are protected, and this is gRPC's accessor of them.
        return HomeportServerBuilder.over(InternalServerProvider.builderForPort(NextProvider.ofServers(), port), null);
    }

    @Override
    public NewServerBuilderResult forPort(int port, ServerCredentials credentials) {
        if (Aside.isStepped()) {
            return NewServerBuilderResult.error(Aside.ANSWER);
        }
        try {
            ServerBuilder<?> remote = Aside.ask(() -> Grpc.newServerBuilderForPort(port, credentials));
            return NewServerBuilderResult.serverBuilder(HomeportServerBuilder.over(remote, credentials));
        } catch (ProviderNotFoundException e) {
            return NewServerBuilderResult.error(e.getMessage());
        }
    }
}
