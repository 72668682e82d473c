package dev.homeport.lpc.port;

import com.google.protobuf.ByteString;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.memory.PeerSpace;
import dev.homeport.lpc.syscall.PeerCredentials;
import dev.homeport.lpc.syscall.Ptracer;
import dev.homeport.spi.BodySettings;
import dev.homeport.spi.LocalTransport.Setup;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * Finds out at set-up whether the server can reach the client's memory: the client says where a number stands that
 * nobody can guess, the server reads it there. Only between processes of one user. Of the client, who closes it when
 * the server has answered; the server's part is static.
 */
final class DirectProbe implements AutoCloseable {
    private static final class Randomness {
        static final SecureRandom INSTANCE = new SecureRandom();
    }

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment nonce = arena.allocate(PeerSpace.NONCE_BYTES);

    private DirectProbe() {}

    /**
     * What the server found.
     *
     * @param space the client's memory, or null
     * @param refusal why not; empty if there is one
     */
    record Answer(@Nullable PeerSpace space, String refusal) {
        static Answer no(String why) {
            return new Answer(null, why);
        }
    }

    /** Offers the client's memory; null if it is not to be used. */
    static @Nullable DirectProbe tryOffer(ConnectRequest.Builder request, BodySettings configured, PeerCredentials server) {
        if (!configured.direct() || server.uid() != PeerCredentials.ownUid()) {
            return null;
        }
        if (configured.allowTracing() && server.pid() > 0) {
            // Without Yama there is nothing to allow; with it, the probe will tell whether this was enough.
            Ptracer.allow(server.pid());
        }
        DirectProbe probe = new DirectProbe();
        byte[] bytes = new byte[PeerSpace.NONCE_BYTES];
        Randomness.INSTANCE.nextBytes(bytes);
        MemorySegment.copy(bytes, 0, probe.nonce, ValueLayout.JAVA_BYTE, 0, bytes.length);
        request.setDirectNonce(ByteString.copyFrom(bytes)).setDirectAddress(probe.nonce.address());
        return probe;
    }

    /** The server's part: reads the number, if it may and is asked to. */
    static Answer answer(ConnectRequest request, Setup server, PeerCredentials client, Endpoint.PeerProcess process) {
        if (request.getDirectNonce().isEmpty()) {
            return Answer.no("the client lends no memory");
        }
        if (!server.bodies().direct()) {
            return Answer.no("the server is configured not to");
        }
        if (client.uid() != PeerCredentials.ownUid()) {
            return Answer.no("another user: uid=" + client.uid());
        }
        try {
            return new Answer(
                    PeerSpace.probe(client.pid(), process.pidfd(), request.getDirectAddress(),
                            request.getDirectNonce().toByteArray()),
                    "");
        } catch (IOException e) {
            return Answer.no(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
