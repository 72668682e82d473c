package dev.homeport.testkit;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Bytes that look random and can be told again from their length and seed, so that every one is checked. */
public final class Payload {
    private Payload() {}

    /** So many bytes; another seed gives others. */
    public static ByteString of(int bytes, long seed) {
        byte[] content = new byte[bytes];
        long state = seed * 0x9E3779B97F4A7C15L + bytes;
        for (int i = 0; i < bytes; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            content[i] = (byte) (state >>> 56);
        }
        return UnsafeByteOperations.unsafeWrap(content);
    }

    /** CRC-32C. */
    public static int checksum(ByteString payload) {
        CRC32C crc = new CRC32C();
        for (ByteBuffer part : payload.asReadOnlyByteBufferList()) {
            crc.update(part);
        }
        return (int) crc.getValue();
    }

    /** A request with such a payload, its checksum, and the seed as its sequence. */
    public static EchoRequest request(int bytes, long sequence) {
        ByteString payload = of(bytes, sequence);
        return EchoRequest.newBuilder()
                .setPayload(payload)
                .setChecksum(checksum(payload))
                .setSequence(sequence)
                .build();
    }

    /** A reply of the same kind. */
    public static EchoReply reply(int bytes, long sequence) {
        ByteString payload = of(bytes, sequence);
        return EchoReply.newBuilder()
                .setPayload(payload)
                .setChecksum(checksum(payload))
                .setSequence(sequence)
                .build();
    }

    /** Whether the checksum is that of the payload. */
    public static boolean isIntact(EchoReply reply) {
        return reply.getChecksum() == checksum(reply.getPayload());
    }

    /** Whether the checksum is that of the payload. */
    public static boolean isIntact(EchoRequest request) {
        return request.getChecksum() == checksum(request.getPayload());
    }
}
