package dev.homeport;

import dev.homeport.route.ChannelPlan;
import dev.homeport.route.ChannelSecurity;
import dev.homeport.route.Configuration;
import dev.homeport.route.PortName;
import dev.homeport.route.RemoteTransports;
import dev.homeport.route.RoutedChannel;
import dev.homeport.route.SectionWishes;
import dev.homeport.route.ServerPeers;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds channels that go local where the target is proved to be a server of this host, and otherwise take
 * gRPC over TCP as it is. Takes everything a gRPC builder takes; what concerns TCP alone reaches the remote
 * builder, which {@link #remote} opens for what only that one knows.
 *
 * <p>A target such as {@code lpc:orders} names a connection port by itself and has no TCP.
 *
 * <p>A program that builds its channels by {@code NettyChannelBuilder} passes Homeport by, even with the
 * drop-in jar; {@link #over} takes such a builder in.
 */
public final class HomeportChannelBuilder extends GrpcOptions<HomeportChannelBuilder> {
    private final @Nullable ChannelCredentials credentials;
    private final Map<String, String> settings = new HashMap<>();

    private HomeportChannelBuilder(
            @Nullable ManagedChannelBuilder<?> remote, String target, @Nullable ChannelCredentials credentials) {
        super(remote, target);
        if (remote != null) {
            ServerPeers.tellOn(remote);
        }
        this.credentials = credentials;
    }

    /** Like {@link ManagedChannelBuilder#forTarget}: TLS unless {@link #usePlaintext} is called. */
    public static HomeportChannelBuilder forTarget(String target) {
        return create(target, null);
    }

    /** Like {@code Grpc.newChannelBuilder}. */
    public static HomeportChannelBuilder forTarget(String target, ChannelCredentials credentials) {
        return create(target, credentials);
    }

    /** Like {@link ManagedChannelBuilder#forAddress}: TLS unless {@link #usePlaintext} is called. */
    public static HomeportChannelBuilder forAddress(String name, int port) {
        return forTarget(RemoteTransports.authority(name, port));
    }

    private static HomeportChannelBuilder create(String target, @Nullable ChannelCredentials credentials) {
        if (RemoteTransports.isWithoutTcp(target)) {
            return new HomeportChannelBuilder(null, target, credentials);
        }
        ManagedChannelBuilder<?> remote = RemoteTransports.ofProcess().channelBuilder(target, credentials);
        return new HomeportChannelBuilder(remote, target, credentials);
    }

    /**
     * Puts the local route in front of a remote builder of the program's choice. From here on the remote
     * builder is set up through this one, or through {@link #remote}.
     *
     * @param remote builds the remote channel for that target
     * @param credentials the remote builder was made with; null if it was made without
     */
    public static HomeportChannelBuilder over(
            ManagedChannelBuilder<?> remote, String target, @Nullable ChannelCredentials credentials) {
        return new HomeportChannelBuilder(remote, target, credentials);
    }

    @Override
    HomeportChannelBuilder self() {
        return this;
    }

    /** Which ways the calls of this channel may take. Stronger than any configuration from outside. */
    public HomeportChannelBuilder policy(RoutePolicy policy) {
        settings.put(Configuration.ROUTE, policy.name());
        return this;
    }

    /**
     * Which ways the calls of one service may take.
     *
     * @param service full name, such as {@code package.Service}
     */
    public HomeportChannelBuilder policy(String service, RoutePolicy policy) {
        settings.put(Configuration.ROUTE + "." + service, policy.name());
        return this;
    }

    /** Says that the target means this connection port of a server of this user. */
    public HomeportChannelBuilder portName(String name) {
        return portName(name, PortName.OWN_UID);
    }

    /** Says that the target means this connection port of a server of that user. */
    public HomeportChannelBuilder portName(String name, int uid) {
        settings.put(Configuration.NAME + "." + target, new PortName(name, uid).toString());
        return this;
    }

    /** Allows the local route although the channel has credentials such as TLS, which do nothing there. */
    public HomeportChannelBuilder secureMayGoLocal(boolean allowed) {
        settings.put(Configuration.SECURE_LOCAL, String.valueOf(allowed));
        return this;
    }

    /** How long the first call waits for the local route before it goes remote; 20 ms unless set. */
    public HomeportChannelBuilder connectWait(Duration wait) {
        settings.put(Configuration.CONNECT_WAIT, wait.toMillis() + "ms");
        return this;
    }

    /** Hands the remote builder over, for options that only it has. Does nothing for a target without TCP. */
    public HomeportChannelBuilder remote(Consumer<ManagedChannelBuilder<?>> options) {
        if (remote != null) {
            options.accept(remote);
        }
        return this;
    }

    /** Says that the target is resolved by other means than gRPC's own. Used by the drop-in's provider. */
    public HomeportChannelBuilder resolvedByProgram() {
        unprovable = "the program resolves the target itself";
        return this;
    }

    @Override
    public ManagedChannel build() {
        Configuration configuration = Configuration.ofProcess(settings);
        ChannelSecurity security = credentials != null
                ? ChannelSecurity.of(credentials)
                : ChannelSecurity.ofBuilder(plaintext || remote == null);
        ManagedChannel remoteChannel = remote == null ? null : remote.build();
        ChannelPlan plan = new ChannelPlan(
                target, remoteChannel, configuration, security, unprovable,
                callDefaults(globalInterceptors()), new SectionWishes(), idleNanos);
        return RoutedChannel.open(plan, this::wrap);
    }

    /**
     * What the process-wide configurators of gRPC (OpenTelemetry registers one) add to every channel. The
     * remote channel has them already, so these are for the local route alone.
     */
    private List<ClientInterceptor> globalInterceptors() {
        HomeportChannelBuilder recorder = new HomeportChannelBuilder(null, target, credentials);
        // @Internal: there is no other way to them, and grpc-core does the same in each of its builders.
        InternalConfiguratorRegistry.configureChannelBuilder(recorder);
        return recorder.interceptors();
    }
}
