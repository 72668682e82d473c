package dev.homeport.call;

import io.grpc.Context;
import io.grpc.InternalServer;
import io.grpc.Server;
import org.jspecify.annotations.Nullable;

/**
 * The Context in which handlers of a server run. gRPC's reflection service finds its server by a key that
 * only {@link InternalServer} has, which is {@code @Internal}: there is no other way to serve reflection.
 */
final class ServerContextKey {
    private ServerContextKey() {}

    static Context contextOf(@Nullable Server server) {
        return server == null ? Context.ROOT : Context.ROOT.withValue(InternalServer.SERVER_CONTEXT_KEY, server);
    }
}
