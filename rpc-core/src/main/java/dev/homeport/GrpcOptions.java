package dev.homeport;

import dev.homeport.call.CallLimits;
import dev.homeport.route.CallDefaults;
import dev.homeport.route.serve.ServiceTable;
import io.grpc.BinaryLog;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ClientTransportFilter;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolver;
import io.grpc.ProxyDetector;
import io.grpc.ServerServiceDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The options of a channel that hold on both routes: kept for the local one, and given to the remote
 * builder. Interceptors and the binary log are kept only, because they are put around both routes.
 */
abstract class GrpcOptions<T extends GrpcOptions<T>> extends RemoteOptions<T> {
    /** As gRPC: half an hour, never less than a second, and from thirty days on never. */
    private static final long DEFAULT_IDLE_NANOS = TimeUnit.MINUTES.toNanos(30);
    private static final long MIN_IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long MAX_IDLE_DAYS = 30;
    private static final String PRODUCT = "grpc-java-homeport/0.1.0";

    final String target;
    private final List<ClientInterceptor> interceptors = new ArrayList<>();
    private final List<ServerServiceDefinition> callbacks = new ArrayList<>();
    private final List<ClientTransportFilter> filters = new ArrayList<>();
    private @Nullable BinaryLog binaryLog;
    private @Nullable Executor executor;
    private @Nullable String userAgent;
    private @Nullable String authority;
    private Map<String, ?> serviceConfig = Map.of();
    private int maxMessageBytes = CallLimits.DEFAULT_MAX_MESSAGE_BYTES;
    private int maxMetadataBytes = CallLimits.DEFAULT_MAX_METADATA_BYTES;

    long idleNanos = DEFAULT_IDLE_NANOS;
    boolean plaintext;
    String unprovable = "";

    GrpcOptions(@Nullable ManagedChannelBuilder<?> remote, String target) {
        super(remote);
        this.target = target;
    }

    /** Puts the log and the interceptors around a channel, in gRPC's order: the last added is called first. */
    Channel wrap(Channel channel) {
        Channel logged = binaryLog == null ? channel : binaryLog.wrapChannel(channel);
        return ClientInterceptors.intercept(logged, interceptors);
    }

    List<ClientInterceptor> interceptors() {
        return List.copyOf(interceptors);
    }

    CallDefaults callDefaults(List<ClientInterceptor> localInterceptors) {
        CallLimits limits = new CallLimits(maxMessageBytes, maxMetadataBytes, CallLimits.DEFAULT_MAX_OPEN_CALLS);
        String agent = userAgent == null ? PRODUCT : userAgent + " " + PRODUCT;
        return new CallDefaults(
                executor, agent, authority, limits, serviceConfig, List.copyOf(filters), localInterceptors,
                callbacks.isEmpty() ? null : new ServiceTable(callbacks, null, ServiceTable.Wrapping.NONE));
    }

    /**
     * Lets the server call this service of the client back, while it serves a call of this channel and after it,
     * for as long as the connection lasts. A thread that waits in a blocking unary call runs the callbacks made in
     * that call; others run on the channel's executor, or as listeners do without one. On the remote route the same
     * goes through one stream of gRPC, which the first call opens and which ends when the channel is idle.
     */
    public T addCallbackService(BindableService service) {
        return addCallbackService(service.bindService());
    }

    /** The same for a service that is bound already. */
    public T addCallbackService(ServerServiceDefinition service) {
        callbacks.add(service);
        return self();
    }

    @Override
    public T directExecutor() {
        // On the reading thread, which is what the local route does without an executor.
        executor = null;
        if (remote != null) {
            remote.directExecutor();
        }
        return self();
    }

    @Override
    public T executor(@Nullable Executor executor) {
        this.executor = executor;
        if (remote != null) {
            remote.executor(executor);
        }
        return self();
    }

    @Override
    public T intercept(List<ClientInterceptor> interceptors) {
        for (ClientInterceptor interceptor : interceptors) {
            if (interceptor instanceof CallbackServices services) {
                callbacks.addAll(services.services());
            } else {
                this.interceptors.add(interceptor);
            }
        }
        return self();
    }

    @Override
    public T intercept(ClientInterceptor... interceptors) {
        return intercept(List.of(interceptors));
    }

    @Override
    protected T interceptWithTarget(InterceptorFactory factory) {
        return intercept(factory.newInterceptor(target));
    }

    @Override
    public T addTransportFilter(ClientTransportFilter filter) {
        filters.add(filter);
        if (remote != null) {
            remote.addTransportFilter(filter);
        }
        return self();
    }

    @Override
    public T userAgent(@Nullable String userAgent) {
        this.userAgent = userAgent;
        if (remote != null) {
            remote.userAgent(userAgent);
        }
        return self();
    }

    @Override
    public T overrideAuthority(String authority) {
        this.authority = authority;
        if (remote != null) {
            remote.overrideAuthority(authority);
        }
        return self();
    }

    @Override
    public T usePlaintext() {
        plaintext = true;
        if (remote != null) {
            remote.usePlaintext();
        }
        return self();
    }

    @Override
    public T useTransportSecurity() {
        plaintext = false;
        if (remote != null) {
            remote.useTransportSecurity();
        }
        return self();
    }

    @Deprecated
    @Override
    public T nameResolverFactory(NameResolver.@Nullable Factory resolverFactory) {
        unprovable = resolverFactory == null ? "" : "the program resolves the target itself";
        if (remote != null) {
            remote.nameResolverFactory(resolverFactory);
        }
        return self();
    }

    /** A proxy decides what its targets mean, so only a configured name goes local beside one. */
    @Override
    public T proxyDetector(@Nullable ProxyDetector proxyDetector) {
        unprovable = proxyDetector == null ? "" : "a proxy may stand between";
        if (remote != null) {
            remote.proxyDetector(proxyDetector);
        }
        return self();
    }

    @Override
    public T idleTimeout(long value, TimeUnit unit) {
        if (value <= 0) {
            throw new IllegalArgumentException("idle timeout is " + value + ", but must be positive");
        }
        idleNanos = unit.toDays(value) >= MAX_IDLE_DAYS
                ? Long.MAX_VALUE
                : Math.max(unit.toNanos(value), MIN_IDLE_NANOS);
        if (remote != null) {
            remote.idleTimeout(value, unit);
        }
        return self();
    }

    @Override
    public T maxInboundMessageSize(int bytes) {
        maxMessageBytes = GrpcServerOptions.requireNotNegative(bytes);
        if (remote != null) {
            remote.maxInboundMessageSize(bytes);
        }
        return self();
    }

    @Override
    public T maxInboundMetadataSize(int bytes) {
        maxMetadataBytes = GrpcServerOptions.requireNotNegative(bytes);
        if (remote != null) {
            remote.maxInboundMetadataSize(bytes);
        }
        return self();
    }

    @Override
    public T setBinaryLog(@Nullable BinaryLog binaryLog) {
        this.binaryLog = binaryLog;
        return self();
    }

    @Override
    public T defaultServiceConfig(@Nullable Map<String, ?> serviceConfig) {
        if (remote != null) {
            remote.defaultServiceConfig(serviceConfig);
        }
        this.serviceConfig = serviceConfig == null ? Map.of() : serviceConfig;
        return self();
    }
}
