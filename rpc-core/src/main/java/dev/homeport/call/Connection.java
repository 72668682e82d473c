package dev.homeport.call;

import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** What a client and a server share after set-up, on one side: the port and the tables of open calls. */
public final class Connection implements FrameReceiver {

    /**
     * @param port carries the frames
     * @param peer what the peer said of itself at set-up
     * @param client for calls started here; null if this side starts none
     * @param server for calls started by the peer; null if this side serves none
     */
    public Connection(
            FramePort port, Setup peer, @Nullable ClientSettings client, @Nullable ServerSettings server) {
        throw new IllegalStateException("not built yet");
    }

    /** A call to the peer. If the connection no longer takes calls, the call ends UNAVAILABLE. */
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        throw new IllegalStateException("not built yet");
    }

    /** Whether calls may be started: the connection is open and neither side is shutting down. */
    public boolean acceptsCalls() {
        return false;
    }

    /** Takes no new calls from either side, tells the peer, and ends when open calls have ended. */
    public void shutdown() {}

    /** Ends at once; open calls end with this status. */
    public void shutdownNow(Status status) {}

    /** Whether it has ended. */
    public boolean isEnded() {
        return true;
    }

    /** Runs the task once the connection no longer accepts calls; at once if that is so already. */
    public void whenDraining(Runnable task) {}

    /** Runs the task once the connection has ended; at once if that is so already. */
    public void whenEnded(Runnable task) {}

    /** What every call of this connection carries: addresses, security level, peer, route. */
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public void onFrame(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {}

    @Override
    public void onRoom() {}

    @Override
    public void onEnd(EndCause cause) {}
}
