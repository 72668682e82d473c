package dev.homeport.spi;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A large message as the peer wrote it, in memory that the peer may still write: whatever is read from it
 * is a claim. Any thread may read and release it; it keeps the memory there until then.
 */
public interface InBody {
    /**
     * The message: read-only, from position 0. Not to be touched after {@link #release}. Null if it is in the peer's
     * process and has to be copied or streamed.
     */
    @Nullable ByteBuffer buffer();

    /**
     * Copies the whole message to the beginning of an array.
     *
     * @throws IOException if it can no longer be read, with the kernel's word
     */
    void copyTo(byte[] into) throws IOException;

    /**
     * The message from its beginning, as often as asked. Throws an {@link IOException} if it can no longer be
     * read. Not to be used after {@link #release}.
     */
    InputStream stream();

    /** Bytes of the message. */
    int lengthBytes();

    /** What carried it. */
    Technique technique();

    /** Why it could no longer be read, if that was so; else null. */
    default @Nullable String failure() {
        return null;
    }

    /** Whether {@link #release} was called. */
    boolean isReleased();

    /** Gives the space back to the peer. Quiet when done twice. */
    void release();
}
