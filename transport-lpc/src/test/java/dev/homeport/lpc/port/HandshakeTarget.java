package dev.homeport.lpc.port;

import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.EventFd;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.SocketPair;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;

/**
 * What a client sends at set-up, for a coverage-guided fuzzer or any other source of bytes: the first byte says which
 * descriptors come along and whether the rest is a body, which gets its length before it, or the bytes of the stream as
 * they are. The server answers, refuses or hangs up; all else is thrown.
 */
public final class HandshakeTarget {
    private static final int RAW = 0x40;
    private static final PortRules RULES = new PortRules(Ports.SERVER, Set.of(Ports.OWN_UID), Endpoint::close);
    /** Of a client that does it right; only its descriptor is used. */
    private static final Outbox OUTBOX = outbox();
    private static final int EVENT = EventFd.create();
    private static final ReceivedMessage SCRATCH =
            new ReceivedMessage(Envelope.READ_BYTES, ReceivedMessage.MAX_DESCRIPTORS);

    private HandshakeTarget() {}

    private static Outbox outbox() {
        try {
            return Outbox.create(OutboxLayout.DEFAULT_QUEUE_BYTES);
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static int[] descriptors(int kind) {
        return switch (kind & 3) {
            case 0 -> new int[] {OUTBOX.descriptor()};
            case 1 -> new int[] {};
            case 2 -> new int[] {EVENT};
            default -> new int[] {OUTBOX.descriptor(), EVENT};
        };
    }

    /** Serves a client that sends these bytes and hangs up. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0 || input.length > Envelope.MAX_BODY_BYTES) {
            return;
        }
        byte[] body = Arrays.copyOfRange(input, 1, input.length);
        byte[] sent = (input[0] & RAW) != 0 ? body : withLength(body);
        SocketPair pair = SocketPair.create();
        if (pair.error() < 0) {
            throw new AssertionError("no socket pair: error=" + pair.error());
        }
        if (sent.length > 0) {
            Messages.send(pair.second(), sent, 0, sent.length, descriptors(input[0]));
        }
        try (HalfOpen client = new HalfOpen(pair.first(), RULES, System.nanoTime() + SetupServer.SETUP_NANOS)) {
            serve(client);
        } finally {
            Descriptors.close(pair.second());
        }
    }

    private static byte[] withLength(byte[] body) {
        byte[] bytes = new byte[Envelope.PREFIX_BYTES + body.length];
        for (int i = 0; i < Envelope.PREFIX_BYTES; i++) {
            bytes[i] = (byte) (body.length >>> 8 * i);
        }
        System.arraycopy(body, 0, bytes, Envelope.PREFIX_BYTES, body.length);
        return bytes;
    }

    private static void serve(HalfOpen client) {
        ServerHandshake handshake = new ServerHandshake(new UidLimit(1), new UidLimit(DescriptorBound.OF_CONNECTION));
        try {
            if (client.request().read(client.socket(), SCRATCH) == Envelope.Progress.COMPLETE
                    && !handshake.handOver(client)) {
                handshake.answer(client).close();
            }
        } catch (ServerHandshake.Refused | IOException asItShouldBe) {
            // The client is told, or is gone.
        }
    }
}
