package dev.homeport;

import io.grpc.CompressorRegistry;
import io.grpc.DecompressorRegistry;
import io.grpc.MetricSink;
import io.grpc.ServerBuilder;
import java.io.File;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The options of a server that matter to its TCP side alone: each goes to the remote builder as it is. A
 * server without TCP has no remote builder and accepts them all without effect, but for TLS.
 */
abstract class RemoteServerOptions<T extends RemoteServerOptions<T>> extends ServerBuilder<T> {
    final @Nullable ServerBuilder<?> remote;
    /** Why the server must not be reached without TLS; empty if it may. */
    String refusal;

    RemoteServerOptions(@Nullable ServerBuilder<?> remote, String refusal) {
        this.remote = remote;
        this.refusal = refusal;
    }

    abstract T self();

    @Override
    public T useTransportSecurity(File certChain, File privateKey) {
        requireTcp().useTransportSecurity(certChain, privateKey);
        refusal = "the server uses TLS";
        return self();
    }

    @Override
    public T useTransportSecurity(InputStream certChain, InputStream privateKey) {
        requireTcp().useTransportSecurity(certChain, privateKey);
        refusal = "the server uses TLS";
        return self();
    }

    private ServerBuilder<?> requireTcp() {
        if (remote == null) {
            throw new UnsupportedOperationException("a server without TCP has no TLS");
        }
        return remote;
    }

    /** Compression is accepted and not done on the local route. */
    @Override
    public T decompressorRegistry(@Nullable DecompressorRegistry registry) {
        if (remote != null) {
            remote.decompressorRegistry(registry);
        }
        return self();
    }

    /** Compression is accepted and not done on the local route. */
    @Override
    public T compressorRegistry(@Nullable CompressorRegistry registry) {
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
    public T permitKeepAliveTime(long keepAliveTime, TimeUnit unit) {
        if (remote != null) {
            remote.permitKeepAliveTime(keepAliveTime, unit);
        }
        return self();
    }

    @Override
    public T permitKeepAliveWithoutCalls(boolean permit) {
        if (remote != null) {
            remote.permitKeepAliveWithoutCalls(permit);
        }
        return self();
    }

    @Override
    public T addMetricSink(MetricSink metricSink) {
        if (remote != null) {
            remote.addMetricSink(metricSink);
        }
        return self();
    }
}
