package dev.homeport.spi;

import java.nio.ByteBuffer;

/**
 * A large message as the peer wrote it, in memory that the peer may still write: whatever is read from it
 * is a claim. Any thread may read and release it; it keeps the memory mapped until then.
 */
public interface InBody {
    /** The message: read-only, from position 0. Not to be touched after {@link #release}. */
    ByteBuffer buffer();

    /** Bytes of the message. */
    int lengthBytes();

    /** Whether {@link #release} was called. */
    boolean isReleased();

    /** Gives the space back to the peer. Quiet when done twice. */
    void release();
}
