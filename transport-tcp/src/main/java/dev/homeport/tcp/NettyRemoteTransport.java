package dev.homeport.tcp;

import dev.homeport.spi.RemoteTransport;
import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * grpc-netty as the remote transport. Adds nothing to it and takes nothing away; what its builders have
 * beyond gRPC's is reached by {@code HomeportChannelBuilder.remote} and {@code HomeportServerBuilder.remote}.
 */
public final class NettyRemoteTransport implements RemoteTransport {

    @Override
    public ManagedChannelBuilder<?> channelBuilder(String target, @Nullable ChannelCredentials credentials) {
        return credentials == null
                ? NettyChannelBuilder.forTarget(target)
                : NettyChannelBuilder.forTarget(target, credentials);
    }

    @Override
    public ServerBuilder<?> serverBuilder(int port, @Nullable ServerCredentials credentials) {
        return credentials == null
                ? NettyServerBuilder.forPort(port)
                : NettyServerBuilder.forPort(port, credentials);
    }
}
