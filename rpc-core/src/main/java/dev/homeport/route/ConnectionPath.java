package dev.homeport.route;

import dev.homeport.Route;
import dev.homeport.call.Connection;
import dev.homeport.spi.PortCounters;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LocalPath} that is a connection of the call engine.
 *
 * @param intercepted the connection under interceptors of the local route; null if there are none
 */
record ConnectionPath(Connection connection, Route route, @Nullable Channel intercepted) implements LocalPath {

    @Override
    public boolean acceptsCalls() {
        return connection.acceptsCalls();
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        return intercepted == null ? connection.newCall(method, options) : intercepted.newCall(method, options);
    }

    /** Under interceptors of this route a call is not made again: they would see it twice. */
    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options, Channel again) {
        return intercepted == null ? connection.newCall(method, options, again) : intercepted.newCall(method, options);
    }

    @Override
    public Attributes attributes() {
        return connection.attributes();
    }

    @Override
    public long framesSeen() {
        PortCounters counters = connection.port().counters();
        return counters.framesSent() + counters.framesRead();
    }

    @Override
    public boolean hasOpenCalls() {
        return connection.hasOpenCalls();
    }

    @Override
    public void shutdown() {
        connection.shutdown();
    }

    @Override
    public void shutdownNow(Status status) {
        connection.shutdownNow(status);
    }

    @Override
    public void whenDraining(Runnable task) {
        connection.whenDraining(task);
    }

    @Override
    public void whenEnded(Runnable task) {
        connection.whenEnded(task);
    }
}
