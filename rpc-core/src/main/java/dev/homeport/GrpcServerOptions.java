package dev.homeport;

import dev.homeport.call.CallLimits;
import dev.homeport.call.Dispatch;
import dev.homeport.call.ServerSettings.Observers;
import dev.homeport.route.serve.ConnectionAge;
import io.grpc.BinaryLog;
import io.grpc.BindableService;
import io.grpc.HandlerRegistry;
import io.grpc.ServerBuilder;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The options of a server that hold on both routes: kept for the local one, and given to the remote builder. */
abstract class GrpcServerOptions<T extends GrpcServerOptions<T>> extends RemoteServerOptions<T> {
    /** gRPC's own default. */
    private static final long DEFAULT_HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(120);

    final List<ServerServiceDefinition> services = new ArrayList<>();
    final List<ServerInterceptor> interceptors = new ArrayList<>();
    final List<ServerStreamTracer.Factory> tracers = new ArrayList<>();
    @Nullable HandlerRegistry fallback;
    @Nullable BinaryLog binaryLog;
    long handshakeNanos = DEFAULT_HANDSHAKE_NANOS;

    private final List<ServerTransportFilter> filters = new ArrayList<>();
    private @Nullable Executor executor;
    private @Nullable ServerCallExecutorSupplier callExecutor;
    private int maxMessageBytes = CallLimits.DEFAULT_MAX_MESSAGE_BYTES;
    private int maxMetadataBytes = CallLimits.DEFAULT_MAX_METADATA_BYTES;
    private long idleNanos = ConnectionAge.NEVER;
    private long ageNanos = ConnectionAge.NEVER;
    private long graceNanos = ConnectionAge.NEVER;

    GrpcServerOptions(@Nullable ServerBuilder<?> remote, String refusal) {
        super(remote, refusal);
    }

    static int requireNotNegative(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must not be negative: " + bytes);
        }
        return bytes;
    }

    private static long requirePositive(long time, TimeUnit unit) {
        if (time <= 0) {
            throw new IllegalArgumentException("time must be positive: " + time);
        }
        return unit.toNanos(time);
    }

    Dispatch dispatch() {
        return new Dispatch(executor, callExecutor);
    }

    CallLimits limits() {
        return new CallLimits(maxMessageBytes, maxMetadataBytes, CallLimits.DEFAULT_MAX_OPEN_CALLS);
    }

    Observers observers(List<ServerStreamTracer.Factory> first) {
        List<ServerStreamTracer.Factory> all = new ArrayList<>(first);
        all.addAll(tracers);
        return new Observers(List.copyOf(all), List.copyOf(filters));
    }

    ConnectionAge age() {
        return new ConnectionAge(idleNanos, ageNanos, graceNanos);
    }

    @Override
    public T directExecutor() {
        // On the thread that read the request, which is what the local route does without an executor.
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
    public T callExecutor(ServerCallExecutorSupplier executorSupplier) {
        callExecutor = executorSupplier;
        if (remote != null) {
            remote.callExecutor(executorSupplier);
        }
        return self();
    }

    @Override
    public T addService(ServerServiceDefinition service) {
        services.add(service);
        if (remote != null) {
            remote.addService(service);
        }
        return self();
    }

    /** Binds once, so that both routes have the same definition. */
    @Override
    public T addService(BindableService bindableService) {
        return addService(bindableService.bindService());
    }

    @Override
    public T intercept(ServerInterceptor interceptor) {
        interceptors.add(interceptor);
        if (remote != null) {
            remote.intercept(interceptor);
        }
        return self();
    }

    @Override
    public T addTransportFilter(ServerTransportFilter filter) {
        filters.add(filter);
        if (remote != null) {
            remote.addTransportFilter(filter);
        }
        return self();
    }

    @Override
    public T addStreamTracerFactory(ServerStreamTracer.Factory factory) {
        tracers.add(factory);
        if (remote != null) {
            remote.addStreamTracerFactory(factory);
        }
        return self();
    }

    @Override
    public T fallbackHandlerRegistry(@Nullable HandlerRegistry fallbackRegistry) {
        fallback = fallbackRegistry;
        if (remote != null) {
            remote.fallbackHandlerRegistry(fallbackRegistry);
        }
        return self();
    }

    @Override
    public T setBinaryLog(@Nullable BinaryLog binaryLog) {
        this.binaryLog = binaryLog;
        if (remote != null) {
            remote.setBinaryLog(binaryLog);
        }
        return self();
    }

    @Override
    public T handshakeTimeout(long timeout, TimeUnit unit) {
        handshakeNanos = requirePositive(timeout, unit);
        if (remote != null) {
            remote.handshakeTimeout(timeout, unit);
        }
        return self();
    }

    @Override
    public T maxConnectionIdle(long maxConnectionIdle, TimeUnit unit) {
        idleNanos = requirePositive(maxConnectionIdle, unit);
        if (remote != null) {
            remote.maxConnectionIdle(maxConnectionIdle, unit);
        }
        return self();
    }

    @Override
    public T maxConnectionAge(long maxConnectionAge, TimeUnit unit) {
        ageNanos = requirePositive(maxConnectionAge, unit);
        if (remote != null) {
            remote.maxConnectionAge(maxConnectionAge, unit);
        }
        return self();
    }

    @Override
    public T maxConnectionAgeGrace(long maxConnectionAgeGrace, TimeUnit unit) {
        graceNanos = unit.toNanos(maxConnectionAgeGrace);
        if (remote != null) {
            remote.maxConnectionAgeGrace(maxConnectionAgeGrace, unit);
        }
        return self();
    }

    @Override
    public T maxInboundMessageSize(int bytes) {
        maxMessageBytes = requireNotNegative(bytes);
        if (remote != null) {
            remote.maxInboundMessageSize(bytes);
        }
        return self();
    }

    @Override
    public T maxInboundMetadataSize(int bytes) {
        maxMetadataBytes = requireNotNegative(bytes);
        if (remote != null) {
            remote.maxInboundMetadataSize(bytes);
        }
        return self();
    }
}
