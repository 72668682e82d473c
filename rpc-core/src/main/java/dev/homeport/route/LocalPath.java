package dev.homeport.route;

import dev.homeport.Route;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/** A local connection as routing sees it; what {@link ConnectionPath} makes of a connection. Any thread. */
interface LocalPath {
    Route route();

    /** Whether calls may be started. One volatile read or as good as one: asked for every call. */
    boolean acceptsCalls();

    <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options);

    /** The same; a call that the peer provably never acted on is made again through that channel. */
    default <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options, Channel again) {
        return newCall(method, options);
    }

    /** What every call here carries: addresses, security level, peer, route. */
    Attributes attributes();

    /** Frames sent and read so far; if it stands still, nothing happens here. */
    long framesSeen();

    boolean hasOpenCalls();

    /** Takes no new calls and ends when open ones have. */
    void shutdown();

    void shutdownNow(Status status);

    /** Runs the task when calls are no longer accepted, at once if that is so already. */
    void whenDraining(Runnable task);

    /** Runs the task when the connection has ended, at once if it has already. */
    void whenEnded(Runnable task);
}
