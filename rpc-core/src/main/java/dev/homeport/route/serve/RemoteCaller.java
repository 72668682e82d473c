package dev.homeport.route.serve;

import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.route.RemotePeer;
import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The caller of one call by TCP, as its handler sees it: the peer of the transport, which all its calls share, and
 * the way back to the channel that made this one. Any thread.
 */
final class RemoteCaller implements Peer {
    private static final RemotePeer UNKNOWN_PEER = new RemotePeer(Attributes.EMPTY, Route.remote("not known"));

    private final Metadata headers;
    private volatile RemotePeer transport = UNKNOWN_PEER;

    private RemoteCaller(Metadata headers) {
        this.headers = headers;
    }

    /** Puts a caller into the Context of each call; before all interceptors, which a handler's own would not be. */
    static final class Factory extends ServerStreamTracer.Factory {
        @Override
        public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
            return new Tracer(new RemoteCaller(headers));
        }
    }

    private static final class Tracer extends ServerStreamTracer {
        private final RemoteCaller caller;

        Tracer(RemoteCaller caller) {
            this.caller = caller;
        }

        @Override
        public Context filterContext(Context context) {
            return context.withValue(CONTEXT_KEY, caller);
        }

        @Override
        public void serverCallStarted(ServerCallInfo<?, ?> call) {
            if (call.getAttributes().get(ATTRIBUTE) instanceof RemotePeer peer) {
                caller.transport = peer;
            }
        }
    }

    @Override
    public Route route() {
        return transport.route();
    }

    @Override
    public @Nullable SocketAddress address() {
        return transport.address();
    }

    @Override
    public @Nullable SSLSession tlsSession() {
        return transport.tlsSession();
    }

    @Override
    public boolean isGone() {
        return transport.isGone();
    }

    @Override
    public Watch onDeath(Runnable task) {
        return transport.onDeath(task);
    }

    @Override
    public Channel callbackChannel() {
        return transport.callbackChannel();
    }

    /** Calls of one transport have one peer. */
    @Override
    public boolean equals(Object other) {
        return other instanceof RemoteCaller that && transport == that.transport;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(transport);
    }

    @Override
    public String toString() {
        return transport.toString();
    }
}
