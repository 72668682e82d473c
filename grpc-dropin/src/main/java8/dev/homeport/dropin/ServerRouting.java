package dev.homeport.dropin;

import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.ServerProvider.NewServerBuilderResult;

/** What the server provider hands on to, in classes that need a new JVM. */
public interface ServerRouting {
    ServerBuilder<?> forPort(int port);

    NewServerBuilderResult forPort(int port, ServerCredentials credentials);
}
