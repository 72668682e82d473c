package dev.homeport.bench.rival;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/** How channel and server of a rival come together. Stateless but for the event loops of the Unix socket. */
public enum Wire {
    /** Written against {@code io.grpc} alone; Homeport by the drop-in jar on the class path. */
    DROP_IN {
        @Override
        public ServerBuilder<?> server() {
            return Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create());
        }

        @Override
        public String address(Server server) {
            return "localhost:" + server.getPort();
        }

        @Override
        public ManagedChannelBuilder<?> channel(String address) {
            return Grpc.newChannelBuilder(address, InsecureChannelCredentials.create());
        }
    },

    /** grpc-netty by its own builders, which pass Homeport by. */
    TCP {
        @Override
        public ServerBuilder<?> server() {
            return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        }

        @Override
        public String address(Server server) {
            return "localhost:" + server.getPort();
        }

        @Override
        public ManagedChannelBuilder<?> channel(String address) {
            return NettyChannelBuilder.forTarget(address).usePlaintext();
        }
    },

    /** grpc-netty over a Unix-domain socket in the directory for temporary files. */
    UNIX {
        @Override
        public ServerBuilder<?> server() {
            return NettyServerBuilder.forAddress(new DomainSocketAddress(socketPath().toFile()))
                    .channelType(EpollServerDomainSocketChannel.class)
                    .bossEventLoopGroup(Loops.ACCEPTING)
                    .workerEventLoopGroup(Loops.WORKING);
        }

        @Override
        public String address(Server server) {
            return socketPath().toString();
        }

        @Override
        public ManagedChannelBuilder<?> channel(String address) {
            return NettyChannelBuilder.forAddress(new DomainSocketAddress(address))
                    .channelType(EpollDomainSocketChannel.class)
                    .eventLoopGroup(Loops.WORKING)
                    .usePlaintext();
        }
    },

    /** gRPC's own transport within one process, which moves no bytes. */
    IN_PROCESS {
        private static final String NAME = "bench";

        @Override
        public ServerBuilder<?> server() {
            return InProcessServerBuilder.forName(NAME);
        }

        @Override
        public String address(Server server) {
            return NAME;
        }

        @Override
        public ManagedChannelBuilder<?> channel(String address) {
            return InProcessChannelBuilder.forName(address);
        }
    };

    /** A builder of a server that listens at a place of its own. */
    public abstract ServerBuilder<?> server();

    /** Where a started server listens. */
    public abstract String address(Server server);

    /** A builder of a channel to that place. */
    public abstract ManagedChannelBuilder<?> channel(String address);

    private static Path socketPath() {
        return Path.of(
                System.getProperty("java.io.tmpdir"),
                "homeport-bench-" + ProcessHandle.current().pid() + ".sock");
    }

    /** As many as grpc-netty itself would take by default. Made at the first use. */
    private static final class Loops {
        static final MultiThreadIoEventLoopGroup ACCEPTING =
                new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        static final MultiThreadIoEventLoopGroup WORKING = new MultiThreadIoEventLoopGroup(
                Runtime.getRuntime().availableProcessors(), EpollIoHandler.newFactory());
    }
}
