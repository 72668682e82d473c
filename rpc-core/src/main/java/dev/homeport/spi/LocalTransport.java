package dev.homeport.spi;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way to peers on this host. One instance in a process, found by {@link java.util.ServiceLoader}; any
 * thread may call it.
 */
public interface LocalTransport {

    /** Why there is no local path in this process, in words for a log; null if there is one. */
    @Nullable String unavailableReason();

    /** Whether no set-up has been tried in this process: the first one loads what all of them need. */
    default boolean isCold() {
        return false;
    }

    /** Effective user id of this process; -1 if not known. */
    default int ownUid() {
        return -1;
    }

    /** Looks for a connection port. Reads files and the kernel's tables; waits for nobody. */
    PortSearch find(PortQuery query);

    /**
     * Sets up a connection. Blocks, at most for the request's time.
     *
     * @throws IOException with the reason in words: refused, gone, timed out, not as it must be
     */
    FramePort connect(ConnectionPort port, Setup setup, FrameReceiver.Factory receivers) throws IOException;

    /**
     * Publishes a connection port and accepts connections on it until closed.
     *
     * @throws IOException if the name is taken or the directory cannot be used, in words
     */
    Publication publish(PublishRequest request, Acceptor acceptor) throws IOException;

    /** What a client looks for. */
    sealed interface PortQuery {
        /**
         * A port by name, as {@code lpc:NAME} gives it.
         *
         * @param expectedUid user id its server must have, or -1 for this process's own (or root's)
         */
        record ByName(String name, int expectedUid) implements PortQuery {}

        /** The port of the server that owns the TCP listener which this address reaches. */
        record ByAddress(InetSocketAddress address) implements PortQuery {}
    }

    /** What became of a search. */
    sealed interface PortSearch {
        record Found(ConnectionPort port) implements PortSearch {}

        /**
         * @param reason in words for a log, facts included
         * @param mayBeServed somebody listens on the address, or that could not be found out: TCP would reach
         *     them there, so that another address of the same name is no substitute
         */
        record NotFound(String reason, boolean mayBeServed) implements PortSearch {
            public NotFound(String reason) {
                this(reason, false);
            }
        }
    }

    /**
     * A published port as a client found it.
     *
     * @param name its published name
     * @param path path of its socket
     * @param serverUid the uid its server must have, checked again at set-up
     * @param serverPid the pid that was proved to own the TCP listener, checked again at set-up; -1 if the
     *     port was found by name
     */
    record ConnectionPort(String name, String path, int serverUid, int serverPid) {}

    /**
     * What both sides say of themselves at set-up.
     *
     * @param name for the peer's log
     * @param userAgent for the handlers of the peer; empty on the server's side
     * @param authority of calls that name none; empty on the server's side
     * @param maxMetadataBytes largest metadata this side accepts
     * @param windowBytes what a call may send to this side before it is granted more
     * @param servesCalls whether the peer may start calls too
     * @param timeoutNanos for the whole set-up
     * @param requestSectionBytes section the client wants for large requests from the start; 0: none
     * @param replySectionBytes section the client would like the server to make for large replies; 0: none
     * @param bodies which technique carries what; of this side only, not told but for the queue's threshold
     */
    record Setup(
            String name,
            String userAgent,
            String authority,
            int maxMetadataBytes,
            int windowBytes,
            boolean servesCalls,
            long timeoutNanos,
            long requestSectionBytes,
            long replySectionBytes,
            BodySettings bodies) {

        /** Without sections from the start. */
        public Setup(
                String name,
                String userAgent,
                String authority,
                int maxMetadataBytes,
                int windowBytes,
                boolean servesCalls,
                long timeoutNanos) {
            this(name, userAgent, authority, maxMetadataBytes, windowBytes, servesCalls, timeoutNanos, 0, 0,
                    BodySettings.DEFAULTS);
        }

        /** The same with sections from the start. */
        public Setup withSections(long requestBytes, long replyBytes) {
            return new Setup(name, userAgent, authority, maxMetadataBytes, windowBytes, servesCalls, timeoutNanos,
                    requestBytes, replyBytes, bodies);
        }

        /** The same with techniques as configured. */
        public Setup withBodies(BodySettings configured) {
            return new Setup(name, userAgent, authority, maxMetadataBytes, windowBytes, servesCalls, timeoutNanos,
                    requestSectionBytes, replySectionBytes, configured);
        }
    }

    /**
     * What a server publishes.
     *
     * @param name the port's name, or null to derive it from the TCP address
     * @param tcpAddresses the TCP addresses this process listens on; may be empty with a name
     * @param setup what the server says of itself
     * @param allowedUids user ids that may connect beside the server's own and root; {@link #ANY_UID} for all
     * @param allowedGids group ids whose members may connect
     * @param takesOver whether a live server of this user that has the name is to hand it over and to drain
     */
    record PublishRequest(
            @Nullable String name,
            List<InetSocketAddress> tcpAddresses,
            Setup setup,
            List<Integer> allowedUids,
            List<Integer> allowedGids,
            boolean takesOver) {
        /** Among user ids: every user may connect. */
        public static final int ANY_UID = -1;

        public PublishRequest(
                @Nullable String name, List<InetSocketAddress> tcpAddresses, Setup setup, List<Integer> allowedUids) {
            this(name, tcpAddresses, setup, allowedUids, List.of(), false);
        }
    }

    /** Takes what connected. Called by a thread of the transport; must not block. */
    @FunctionalInterface
    interface Acceptor {
        /**
         * A client has connected.
         *
         * @param peer what the client said of itself; not verified but for the identity in the port
         * @return what receives the frames
         */
        FrameReceiver accept(FramePort port, Setup peer);

        /** Another process has taken over what was published: this server is to end in good order. May block. */
        default void superseded() {}
    }

    /** Published ports of a server. */
    interface Publication extends AutoCloseable {
        /** Names under which the server can be found, as in {@code lpc:NAME}. */
        List<String> names();

        /** Unpublishes: nobody new connects; connections stay. Quiet when done twice. */
        @Override
        void close();
    }
}
