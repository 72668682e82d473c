package dev.homeport;

import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.Context;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end, for as long as a connection lasts: of a call that is served, {@link #current}; of any
 * call or transport, {@link #ATTRIBUTE} among its attributes, on both sides. On the local route it is the kernel's
 * word that says who; nothing that a peer sends can change it. On the remote route there is what TCP and TLS know.
 * Thread-safe. All calls of one local connection have the same peer.
 *
 * <p>The kernel's word is on the process that opened the connection, at that moment. Should that process hand its
 * end on to another, the identity stays that of the first, and the connection ends with it where the kernel has
 * descriptors of processes (Linux 6.5).
 */
public interface Peer {
    /** The number of a user, group or process that is not known. */
    int UNKNOWN = -1;

    /** Key of the peer in the attributes of calls and transports. */
    Attributes.Key<Peer> ATTRIBUTE = Attributes.Key.create("dev.homeport.Peer");

    /** Key of the peer in the {@link Context} of a call that is served. Set by Homeport alone. */
    Context.Key<Peer> CONTEXT_KEY = Context.key("dev.homeport.Peer");

    /** The caller of the call that is being served; null outside of a handler, or if the server is not Homeport's. */
    static @Nullable Peer current() {
        return CONTEXT_KEY.get();
    }

    /** The way that its calls take. */
    Route route();

    /** Whether user, group and process are known by the kernel's word: on the local route. */
    default boolean isIdentified() {
        return false;
    }

    /** Effective user id, or {@link #UNKNOWN}. 65534 may stand for a user that this namespace does not know. */
    default int uid() {
        return UNKNOWN;
    }

    /** Effective group id, or {@link #UNKNOWN}. */
    default int gid() {
        return UNKNOWN;
    }

    /** Supplementary groups; empty if not known. */
    default List<Integer> groups() {
        return List.of();
    }

    /** Process id, or {@link #UNKNOWN}. May be another process's by now unless {@link #isPidVerified}. */
    default int pid() {
        return UNKNOWN;
    }

    /** Whether a descriptor of the process itself vouches for {@link #pid}: no other process has it meanwhile. */
    default boolean isPidVerified() {
        return false;
    }

    /** The program that the process runs now; null if that cannot be read or the pid is not verified. */
    default @Nullable Path executable() {
        return null;
    }

    /** Its address as gRPC shows it. */
    @Nullable SocketAddress address();

    /** Its TLS session; null without TLS. */
    default @Nullable SSLSession tlsSession() {
        return null;
    }

    /** Whether the connection to it has ended. */
    boolean isGone();

    /**
     * Runs the task once the peer is gone: its process has died, whatever the cause, or the connection to it has
     * ended otherwise. Once, on a thread of Homeport's; soon if the peer is gone already. On the local route that
     * is within milliseconds of its death.
     *
     * @return takes the task back when closed
     */
    Watch onDeath(Runnable task);

    /**
     * Ties a resource to the peer: it is closed once the peer is gone.
     *
     * @return takes the tie back when closed; the resource stays open then
     */
    default Watch closeOnDeath(AutoCloseable resource) {
        return onDeath(() -> {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("a resource of a peer did not close: " + resource, e);
            }
        });
    }

    /**
     * A channel back to it, for any stub, during the call and for as long as the connection lasts. Calls that are
     * started in a handler's {@link Context} are part of the call that is served: a client that waits for its
     * reply serves them meanwhile. If the peer serves no callbacks, calls end FAILED_PRECONDITION and say so. On
     * the remote route, to be asked for in the handler's Context, by {@link #current}: there a peer is a connection,
     * and only the call that is served names the stream by which its channel is called back.
     */
    Channel callbackChannel();

    /** A task that waits for the peer's end. */
    interface Watch extends AutoCloseable {
        /** Takes the task back, unless it has begun. Quiet when done twice. */
        @Override
        void close();
    }
}
