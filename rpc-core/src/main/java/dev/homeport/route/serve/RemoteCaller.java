package dev.homeport.route.serve;

import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.call.CallScope;
import dev.homeport.call.EndedChannel;
import dev.homeport.carry.CallTag;
import dev.homeport.carry.RemotePeer;
import dev.homeport.carry.ServedCarrier;
import dev.homeport.carry.ServedCarriers;
import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.net.SocketAddress;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The caller of one call by TCP, as its handler sees it: the peer of the transport, which all its calls share, and
 * the way back to the channel that made this one. Any thread.
 */
final class RemoteCaller implements Peer {
    private static final RemotePeer UNKNOWN_PEER = new RemotePeer(Attributes.EMPTY, Route.remote("not known"));

    private static final Channel NO_STREAM = EndedChannel.precondition("the caller serves no callbacks: its channel was"
            + " built without callback services, or its stream for them was refused");

    private static final Channel NOT_HERE = EndedChannel.precondition("the stream by which the caller serves callbacks"
            + " is not at this server: it has ended, or leads to another one behind the same address");

    /** By which the call names its channel's carrying stream; null if it names none. */
    private final @Nullable CallTag tag;
    /** The stream; null if it is not at this server. */
    private final @Nullable ServedCarrier carrier;
    private volatile RemotePeer transport = UNKNOWN_PEER;

    private RemoteCaller(@Nullable CallTag tag, @Nullable ServedCarriers carriers) {
        this.tag = tag;
        this.carrier = tag == null || carriers == null ? null : carriers.find(tag);
    }

    /** Puts a caller into the Context of each call; before all interceptors, which a handler's own would not be. */
    static final class Factory extends ServerStreamTracer.Factory {
        private final Supplier<@Nullable ServedCarriers> carriers;

        Factory(Supplier<@Nullable ServedCarriers> carriers) {
            this.carriers = carriers;
        }

        @Override
        public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
            // Out of the metadata before a handler can see it, log it or pass it on.
            return new Tracer(new RemoteCaller(CallTag.removeFrom(headers), carriers.get()));
        }
    }

    private static final class Tracer extends ServerStreamTracer {
        private final RemoteCaller caller;

        Tracer(RemoteCaller caller) {
            this.caller = caller;
        }

        @Override
        public Context filterContext(Context context) {
            return caller.carrier == null
                    ? context.withValue(CONTEXT_KEY, caller)
                    : context.withValues(CONTEXT_KEY, caller, CallScope.KEY, caller.scope());
        }

        @Override
        public void serverCallStarted(ServerCallInfo<?, ?> call) {
            if (call.getAttributes().get(ATTRIBUTE) instanceof RemotePeer peer) {
                caller.transport = peer;
            }
        }
    }

    private CallScope scope() {
        return new CallScope(carrier.connection(), tag.number(), carrier.depthOf(tag));
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
        if (tag == null) {
            return NO_STREAM;
        }
        return carrier == null ? NOT_HERE : carrier.channel();
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
