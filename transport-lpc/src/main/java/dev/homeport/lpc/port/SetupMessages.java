package dev.homeport.lpc.port;

import dev.homeport.idl.v1.ConnectReply;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.PeerCredentials;
import dev.homeport.lpc.syscall.Pidfd;
import dev.homeport.lpc.transfer.Bounds;
import dev.homeport.spi.BodySettings;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.PeerIdentity;

/**
 * What both sides of set-up say and take for true: the constants of the protocol, and the translation between
 * its messages and the SPI's records. Stateless. What the peer says is cut to size here.
 */
final class SetupMessages {
    /** The version of the frame protocol that this code speaks. */
    static final int VERSION = 1;

    /** Longest name of a peer that goes into a log, in characters. */
    private static final int MAX_NAME_CHARS = 128;

    private SetupMessages() {}

    static ConnectRequest.Builder request(Setup setup) {
        return ConnectRequest.newBuilder()
                .setMinVersion(VERSION)
                .setMaxVersion(VERSION)
                .setClientName(setup.name())
                .setUserAgent(setup.userAgent())
                .setAuthority(setup.authority())
                .setQueueBytes(OutboxLayout.DEFAULT_QUEUE_BYTES)
                .setMaxMetadataBytes(setup.maxMetadataBytes())
                .setWindowBytes(setup.windowBytes())
                .setCallbacks(setup.servesCalls())
                .setLargeRequests(setup.requestSectionBytes() > 0)
                .setWantedSectionBytes(setup.replySectionBytes())
                .setLargeReplies(setup.replySectionBytes() > 0);
    }

    /** Messages shorter than this are copied through the queue. */
    static int smallMessageBytes(BodySettings configured) {
        return configured.queueBelowBytes() == BodySettings.DEFAULT
                ? Bounds.QUEUE_BELOW_BYTES
                : Math.clamp(configured.queueBelowBytes(), 1, OutboxLayout.MAX_QUEUE_BYTES);
    }

    static ConnectReply reply(Setup setup, DirectProbe.Answer direct) {
        return ConnectReply.newBuilder()
                .setVersion(VERSION)
                .setServerName(setup.name())
                .setQueueBytes(OutboxLayout.DEFAULT_QUEUE_BYTES)
                .setMaxMetadataBytes(setup.maxMetadataBytes())
                .setWindowBytes(setup.windowBytes())
                .setSmallMessageBytes(smallMessageBytes(setup.bodies()))
                .setDirect(direct.space() != null)
                .setDirectRefusal(direct.refusal())
                .build();
    }

    static ConnectReply refusal(ConnectReply.Refusal refusal, String detail) {
        return ConnectReply.newBuilder().setRefusal(refusal).setDetail(detail).build();
    }

    /** What the client said of itself. */
    static Setup setupOf(ConnectRequest request, long timeoutNanos) {
        return new Setup(
                loggable(request.getClientName()),
                request.getUserAgent(),
                request.getAuthority(),
                positive(request.getMaxMetadataBytes()),
                positive(request.getWindowBytes()),
                request.getCallbacks(),
                timeoutNanos,
                0,
                request.getLargeReplies() ? Math.max(0, request.getWantedSectionBytes()) : 0,
                BodySettings.DEFAULTS);
    }

    /** What the server said of itself. */
    static Setup setupOf(ConnectReply reply, long timeoutNanos) {
        return new Setup(
                loggable(reply.getServerName()),
                "",
                "",
                positive(reply.getMaxMetadataBytes()),
                positive(reply.getWindowBytes()),
                true,
                timeoutNanos);
    }

    // An unsigned number of the peer beyond our int means "more than we would ever use".
    private static int positive(int unsigned) {
        return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
    }

    /** A peer's text as it may stand in a log: one line, not long. */
    static String loggable(String text) {
        StringBuilder result = new StringBuilder();
        text.codePoints()
                .limit(MAX_NAME_CHARS)
                .forEach(c -> result.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return result.toString();
    }

    /** Who is at the other end of a connection socket, with its process where the kernel gives it. */
    static Endpoint.PeerProcess process(int socket, PeerCredentials peer, String name) {
        int pidfd = PeerCredentials.pidfd(socket);
        boolean verified = pidfd >= 0;
        if (pidfd == -Errno.ENOPROTOOPT && peer.pid() > 0) {
            // Before Linux 6.5: by number, which may be another process's by now; so it vouches for nothing.
            pidfd = Pidfd.open(peer.pid());
        }
        return new Endpoint.PeerProcess(
                new PeerIdentity(peer.uid(), peer.gid(), peer.pid(), verified, name,
                        PeerCredentials.groups(socket)),
                Math.max(pidfd, Endpoint.NO_PIDFD));
    }
}
