package dev.homeport.carry;

import io.grpc.Metadata;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * By which a call by TCP names the carrying stream of its channel. Travels in the call's metadata and is taken out
 * before anybody but Homeport sees it.
 *
 * @param carrier the stream
 * @param number of the call on that stream; callbacks made in it name it as their parent
 * @param parent number of the callback in which the call is made, or {@link #NO_PARENT}
 */
public record CallTag(Token carrier, int number, int parent) {
    /** The call is made in no callback. */
    public static final int NO_PARENT = -1;

    private static final int BYTES = Token.BYTES + Integer.BYTES + Integer.BYTES;

    /** 16 bytes of token, int32 number, int32 parent, big-endian; anything else names no stream. */
    public static final Metadata.Key<CallTag> KEY =
            Metadata.Key.of("homeport-callback-bin", new Metadata.BinaryMarshaller<CallTag>() {
                @Override
                public byte[] toBytes(CallTag tag) {
                    return ByteBuffer.allocate(BYTES)
                            .putLong(tag.carrier.high)
                            .putLong(tag.carrier.low)
                            .putInt(tag.number)
                            .putInt(tag.parent)
                            .array();
                }

                @Override
                public CallTag parseBytes(byte[] serialized) {
                    if (serialized.length != BYTES) {
                        return new CallTag(Token.NOBODY, 0, NO_PARENT);
                    }
                    ByteBuffer in = ByteBuffer.wrap(serialized);
                    return new CallTag(new Token(in.getLong(), in.getLong()), in.getInt(), in.getInt());
                }
            });

    /** Takes the tag out of a call's metadata. */
    public static @Nullable CallTag removeFrom(Metadata headers) {
        CallTag tag = headers.get(KEY);
        if (tag != null) {
            headers.discardAll(KEY);
        }
        return tag;
    }

    /** The name of a stream, which only its client and its server know. Not printed. */
    static final class Token {
        static final int BYTES = 16;
        static final Token NOBODY = new Token(0, 0);

        private static final SecureRandom RANDOM = new SecureRandom();

        private final long high;
        private final long low;

        private Token(long high, long low) {
            this.high = high;
            this.low = low;
        }

        static Token random() {
            return new Token(RANDOM.nextLong(), RANDOM.nextLong());
        }

        /** Null if these are no token. */
        static @Nullable Token of(byte[] bytes) {
            if (bytes.length != BYTES) {
                return null;
            }
            ByteBuffer in = ByteBuffer.wrap(bytes);
            return new Token(in.getLong(), in.getLong());
        }

        byte[] toBytes() {
            return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Token that && high == that.high && low == that.low;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(high ^ low);
        }

        @Override
        public String toString() {
            return "Token";
        }
    }
}
