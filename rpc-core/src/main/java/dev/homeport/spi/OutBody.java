package dev.homeport.spi;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Space for one large message that the peer will find without the queue. Who allocated it fills it and sends a
 * frame that names it, or discards it. Not thread-safe.
 */
public interface OutBody {
    /**
     * Where the message is written: from position 0, exactly the length asked for. Null if the space is in the
     * peer's process and is reached by {@link #stream} only.
     */
    @Nullable ByteBuffer buffer();

    /**
     * Takes the message, exactly the length asked for, in order; {@link OutputStream#close} ends it, and fails
     * if bytes are missing. Instead of {@link #buffer}, and once.
     *
     * @return throws an {@link IOException} if the space can no longer be written; then this body is discarded
     *     and the message goes another way
     */
    OutputStream stream();

    /** The message is written; the space is not touched any more. Once, before the frame is sent. */
    void written();

    /** Number of the section it is in, or what stands for one. */
    int section();

    /** Where in the section it begins, in bytes. */
    long offset();

    /** What carries it. */
    Technique technique();

    /** No frame names it, nor will: the space is free again. */
    void discard();
}
