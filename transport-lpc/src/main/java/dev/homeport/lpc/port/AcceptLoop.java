package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.Descriptors;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Listens and accepts by netty, on one daemon thread for all ports of this process, which starts with the
 * first. What it accepts is taken out of netty's hands before netty could read from it: it would lose the
 * descriptors. The accepted channel is never registered with an event loop, so there is nothing to take back
 * from one either.
 */
final class AcceptLoop extends ChannelInboundHandlerAdapter {
    private static final System.Logger LOG = System.getLogger("dev.homeport.lpc.port");
    private static final long CLOSE_SECONDS = 10;
    private static final long RETRY_SECONDS = 1;

    /** Guarded by the class. */
    private static @Nullable EventLoopGroup group;

    private final SetupServer setups;
    private final PortRules rules;

    private AcceptLoop(SetupServer setups, PortRules rules) {
        this.setups = setups;
        this.rules = rules;
    }

    /**
     * Listens at a path; a file that is there is replaced.
     *
     * @throws IOException if netty's native part is not there, or the kernel refuses
     */
    static Channel listen(Path path, PortRules rules) throws IOException {
        if (!Epoll.isAvailable()) {
            throw new IOException("netty's epoll is not available", Epoll.unavailabilityCause());
        }
        SetupServer setups = SetupServer.shared();
        EventLoopGroup thread = group();
        Channel channel = open();
        channel.pipeline().addLast(new AcceptLoop(setups, rules));
        try {
            finish(thread.register(channel));
            finish(channel.bind(new DomainSocketAddress(path.toString())));
            return channel;
        } catch (IOException e) {
            abandon(channel);
            throw new IOException("cannot listen at " + path + ": " + e.getMessage(), e);
        }
    }

    // Lack of descriptors comes out of netty as an unchecked exception; whoever publishes next tries again.
    private static synchronized EventLoopGroup group() throws IOException {
        EventLoopGroup started = group;
        if (started == null) {
            try {
                started = new MultiThreadIoEventLoopGroup(
                        1, new DefaultThreadFactory("homeport-accept", true), EpollIoHandler.newFactory());
            } catch (RuntimeException e) {
                throw new IOException("the accepting thread cannot be started: " + e.getMessage(), e);
            }
            group = started;
        }
        return started;
    }

    private static Channel open() throws IOException {
        try {
            return new EpollServerDomainSocketChannel();
        } catch (RuntimeException e) {
            throw new IOException("no listening socket: " + e.getMessage(), e);
        }
    }

    // A channel without an event loop cannot run its own close; one with an event loop must.
    private static void abandon(Channel channel) {
        if (channel.isRegistered()) {
            close(channel);
        } else {
            channel.unsafe().closeForcibly();
        }
    }

    private static void finish(ChannelFuture future) throws IOException {
        if (!future.awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("the accepting thread does not answer: waitedSeconds=" + CLOSE_SECONDS);
        }
        if (!future.isSuccess()) {
            throw new IOException(future.cause());
        }
    }

    /** Stops listening; back when the socket is closed. */
    static void close(Channel channel) {
        channel.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        UnixChannel child = (UnixChannel) accepted;
        int socket = Descriptors.duplicate(child.fd().intValue());
        child.unsafe().closeForcibly();
        if (socket >= 0) {
            setups.admit(socket, rules);
        } else {
            LOG.log(System.Logger.Level.WARNING, "a connection was dropped: no descriptor for it");
        }
    }

    // Most likely no descriptors are left. Going on at once would burn the processor until there are.
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.log(System.Logger.Level.WARNING, "accepting pauses: seconds=" + RETRY_SECONDS, cause);
        Channel channel = context.channel();
        channel.config().setAutoRead(false);
        channel.eventLoop().schedule(() -> channel.config().setAutoRead(true), RETRY_SECONDS, TimeUnit.SECONDS);
    }
}
