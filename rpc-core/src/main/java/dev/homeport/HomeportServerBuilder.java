package dev.homeport;

import dev.homeport.carry.ServedCarriers;
import dev.homeport.route.Configuration;
import dev.homeport.route.LocalTransports;
import dev.homeport.route.PortName;
import dev.homeport.route.RemoteTransports;
import dev.homeport.route.serve.AccessRules;
import dev.homeport.route.serve.HomeportServer;
import dev.homeport.route.serve.RemoteCarriers;
import dev.homeport.route.serve.RemoteGuard;
import dev.homeport.route.serve.RemotePeers;
import dev.homeport.route.serve.ServerPlan;
import dev.homeport.route.serve.ServiceTable;
import io.grpc.HandlerRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds servers that listen by TCP as gRPC does and publish a connection port beside it, so that clients
 * on this host reach them locally. Takes everything a gRPC builder takes. A server with TLS publishes
 * nothing unless {@link #secureMayGoLocal} or the configuration allows it.
 *
 * <p>A program that builds its servers by {@code NettyServerBuilder} passes Homeport by, even with the
 * drop-in jar; {@link #over} takes such a builder in.
 */
public final class HomeportServerBuilder extends GrpcServerOptions<HomeportServerBuilder> {
    /** Target name under which a server asks the configuration for its policy. */
    private static final String ANY_TARGET = "server";

    private final List<Integer> allowedUids = new ArrayList<>();
    private final Map<String, AccessRule> access = new HashMap<>();
    private final Map<String, String> settings = new HashMap<>();
    private final AtomicReference<@Nullable ServedCarriers> carriers;
    private @Nullable String name;

    private HomeportServerBuilder(
            @Nullable ServerBuilder<?> remote,
            String refusal,
            @Nullable String name,
            AtomicReference<@Nullable ServedCarriers> carriers) {
        super(remote, refusal);
        this.carriers = carriers;
        this.name = name;
    }

    /** Like {@link ServerBuilder#forPort}; no TLS unless {@code useTransportSecurity} is called. */
    public static HomeportServerBuilder forPort(int port) {
        return over(RemoteTransports.ofProcess().serverBuilder(port, null), null);
    }

    /** Like {@code Grpc.newServerBuilderForPort}. */
    public static HomeportServerBuilder forPort(int port, ServerCredentials credentials) {
        return over(RemoteTransports.ofProcess().serverBuilder(port, credentials), credentials);
    }

    /** A server without TCP, reached by clients of {@code lpc:NAME} only. */
    public static HomeportServerBuilder forName(String name) {
        return new HomeportServerBuilder(
                null, "", new PortName(name, PortName.OWN_UID).name(), new AtomicReference<>());
    }

    /**
     * Puts the local route beside a remote builder of the program's choice. From here on the remote builder
     * is set up through this one, or through {@link #remote}.
     *
     * @param credentials the remote builder was made with; null if it was made without
     */
    public static HomeportServerBuilder over(ServerBuilder<?> remote, @Nullable ServerCredentials credentials) {
        boolean insecure = credentials == null || credentials instanceof InsecureServerCredentials;
        AtomicReference<@Nullable ServedCarriers> carriers = new AtomicReference<>();
        RemotePeers.tellOn(remote, carriers::get);
        return new HomeportServerBuilder(
                remote, insecure ? "" : "the server has credentials of its own", null, carriers);
    }

    @Override
    HomeportServerBuilder self() {
        return this;
    }

    /** Publishes the connection port under this name; the server does not start if it is taken. */
    public HomeportServerBuilder name(String name) {
        this.name = new PortName(name, PortName.OWN_UID).name();
        return this;
    }

    /**
     * Replaces a live server of the same user that has the name: clients find this one from its start on, the
     * other one shuts down in good order, as by {@link Server#shutdown}, and no call fails. Without it the server
     * does not start if the name is taken. As {@code homeport.takeover} does for a whole process.
     */
    public HomeportServerBuilder takeOver(boolean takesOver) {
        settings.put(Configuration.TAKE_OVER, String.valueOf(takesOver));
        return this;
    }

    /** Lets processes of this user connect locally too, beside the server's own and root's. */
    public HomeportServerBuilder allowUid(int uid) {
        if (uid < 0) {
            throw new IllegalArgumentException("uid must not be negative: " + uid);
        }
        allowedUids.add(uid);
        return this;
    }

    /**
     * Who may call this server, where no narrower rule is set. Without any rule, the local route is for the
     * server's own user, root and {@link #allowUid}, and TCP for everybody. A rule holds on both routes: callers
     * by TCP, whom the kernel does not vouch for, are refused unless it has {@link AccessRule#remote} in it.
     */
    public HomeportServerBuilder access(AccessRule rule) {
        access.put("", rule);
        return this;
    }

    /**
     * Who may call one service or method. The narrowest rule decides; others do not add to it.
     *
     * @param name of a service, such as {@code package.Service}, or of a method, such as
     *     {@code package.Service/Method}
     */
    public HomeportServerBuilder access(String name, AccessRule rule) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("name must be that of a service or method");
        }
        access.put(name, rule);
        return this;
    }

    /** REMOTE publishes nothing; LOCAL does not start without a connection port. */
    public HomeportServerBuilder policy(RoutePolicy policy) {
        settings.put(Configuration.ROUTE, policy.name());
        return this;
    }

    /** Allows local clients although the server has TLS, which does nothing there. */
    public HomeportServerBuilder secureMayGoLocal(boolean allowed) {
        settings.put(Configuration.SECURE_LOCAL, String.valueOf(allowed));
        return this;
    }

    /** Hands the remote builder over, for options that only it has. Does nothing for a server without TCP. */
    public HomeportServerBuilder remote(Consumer<ServerBuilder<?>> options) {
        if (remote != null) {
            options.accept(remote);
        }
        return this;
    }

    @Override
    public Server build() {
        Configuration configuration = Configuration.ofProcess(settings);
        HomeportServerBuilder global = globalOptions();
        List<ServerInterceptor> around = new ArrayList<>(global.interceptors);
        around.addAll(interceptors);
        ServiceTable table =
                new ServiceTable(services, fallback, new ServiceTable.Wrapping(around, binaryLog));
        ServerPlan.Calls calls =
                new ServerPlan.Calls(table, dispatch(), limits(), observers(global.tracers), age());
        AccessRules rules = AccessRules.of(LocalTransports.ofProcess().ownUid(), allowedUids, access);
        if (remote != null && !rules.areNone()) {
            // The last one added is asked first.
            remote.intercept(new RemoteGuard(rules));
        }
        if (remote != null) {
            carriers.set(RemoteCarriers.serveOn(remote, calls));
        }
        ServerPlan plan = new ServerPlan(
                configuration.policy(ANY_TARGET), configuration.secureLocal() ? "" : refusal,
                name, rules, calls, configuration.bodies(), handshakeNanos, configuration.takeOver());
        return new HomeportServer(
                remote == null ? null : remote.build(), carriers.get(), servicesShown(), plan,
                LocalTransports.ofProcess());
    }

    private HomeportServer.Services servicesShown() {
        HandlerRegistry registry = fallback;
        List<ServerServiceDefinition> immutable = List.copyOf(services);
        return new HomeportServer.Services(immutable, () -> registry == null ? List.of() : registry.getServices());
    }

    /**
     * What the process-wide configurators of gRPC (OpenTelemetry registers one) add to every server. The
     * remote server has it already, so it is for the local route alone.
     */
    private static HomeportServerBuilder globalOptions() {
        HomeportServerBuilder recorder = new HomeportServerBuilder(null, "", null, new AtomicReference<>());
        // @Internal: there is no other way to them, and grpc-core does the same in each of its builders.
        InternalConfiguratorRegistry.configureServerBuilder(recorder);
        return recorder;
    }
}
