package dev.homeport;

import io.grpc.ChannelConfigurator;
import io.grpc.CompressorRegistry;
import io.grpc.DecompressorRegistry;
import io.grpc.InternalManagedChannelBuilder;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MetricSink;
import io.grpc.NameResolver;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The options of a channel that matter to its remote side alone: each goes to the remote builder as it is.
 * A channel without TCP has no remote builder and accepts them all without effect.
 */
abstract class RemoteOptions<T extends RemoteOptions<T>> extends ManagedChannelBuilder<T> {
    final @Nullable ManagedChannelBuilder<?> remote;

    RemoteOptions(@Nullable ManagedChannelBuilder<?> remote) {
        this.remote = remote;
    }

    abstract T self();

    @Override
    public T offloadExecutor(Executor executor) {
        if (remote != null) {
            remote.offloadExecutor(executor);
        }
        return self();
    }

    @Override
    public T defaultLoadBalancingPolicy(String policy) {
        if (remote != null) {
            remote.defaultLoadBalancingPolicy(policy);
        }
        return self();
    }

    /** Compression is accepted and not done on the local route. */
    @Override
    public T decompressorRegistry(DecompressorRegistry registry) {
        if (remote != null) {
            remote.decompressorRegistry(registry);
        }
        return self();
    }

    /** Compression is accepted and not done on the local route. */
    @Override
    public T compressorRegistry(CompressorRegistry registry) {
        if (remote != null) {
            remote.compressorRegistry(registry);
        }
        return self();
    }

    /** The local route needs no keep-alive: the kernel reports the end of a peer. */
    @Override
    public T keepAliveTime(long keepAliveTime, TimeUnit unit) {
        if (remote != null) {
            remote.keepAliveTime(keepAliveTime, unit);
        }
        return self();
    }

    @Override
    public T keepAliveTimeout(long keepAliveTimeout, TimeUnit unit) {
        if (remote != null) {
            remote.keepAliveTimeout(keepAliveTimeout, unit);
        }
        return self();
    }

    @Override
    public T keepAliveWithoutCalls(boolean enable) {
        if (remote != null) {
            remote.keepAliveWithoutCalls(enable);
        }
        return self();
    }

    @Override
    public T maxRetryAttempts(int maxRetryAttempts) {
        if (remote != null) {
            remote.maxRetryAttempts(maxRetryAttempts);
        }
        return self();
    }

    @Override
    public T maxHedgedAttempts(int maxHedgedAttempts) {
        if (remote != null) {
            remote.maxHedgedAttempts(maxHedgedAttempts);
        }
        return self();
    }

    @Override
    public T retryBufferSize(long bytes) {
        if (remote != null) {
            remote.retryBufferSize(bytes);
        }
        return self();
    }

    @Override
    public T perRpcBufferLimit(long bytes) {
        if (remote != null) {
            remote.perRpcBufferLimit(bytes);
        }
        return self();
    }

    @Override
    public T disableRetry() {
        if (remote != null) {
            remote.disableRetry();
        }
        return self();
    }

    @Override
    public T enableRetry() {
        if (remote != null) {
            remote.enableRetry();
        }
        return self();
    }

    @Override
    public T maxTraceEvents(int maxTraceEvents) {
        if (remote != null) {
            remote.maxTraceEvents(maxTraceEvents);
        }
        return self();
    }

    @Override
    public T disableServiceConfigLookUp() {
        if (remote != null) {
            remote.disableServiceConfigLookUp();
        }
        return self();
    }

    @Override
    protected T addMetricSink(MetricSink metricSink) {
        if (remote != null) {
            addMetricSinkTo(remote, metricSink);
        }
        return self();
    }

    /** gRPC's own accessor: the method is protected, and the remote builder is of another class. */
    private static <B extends ManagedChannelBuilder<B>> void addMetricSinkTo(
            ManagedChannelBuilder<?> builder, MetricSink metricSink) {
        @SuppressWarnings("unchecked") // the accessor returns the builder and does nothing else with its type
        ManagedChannelBuilder<B> typed = (ManagedChannelBuilder<B>) builder;
        InternalManagedChannelBuilder.addMetricSink(typed, metricSink);
    }

    @Override
    public <X> T setNameResolverArg(NameResolver.Args.Key<X> key, X value) {
        if (remote != null) {
            remote.setNameResolverArg(key, value);
        }
        return self();
    }

    @Override
    public T childChannelConfigurator(ChannelConfigurator channelConfigurator) {
        if (remote != null) {
            remote.childChannelConfigurator(channelConfigurator);
        }
        return self();
    }
}
