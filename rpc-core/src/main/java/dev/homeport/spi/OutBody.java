package dev.homeport.spi;

import java.nio.ByteBuffer;

/**
 * Space for one large message, in memory that the peer can read. Who allocated it fills it and sends a frame
 * that names it, or discards it. Not thread-safe.
 */
public interface OutBody {
    /** Where the message is written: from position 0, exactly the length asked for. */
    ByteBuffer buffer();

    /** The message is written; the buffer is not touched any more. Once, before the frame is sent. */
    void written();

    /** Number of the section it is in. */
    int section();

    /** Where in the section it begins, in bytes. */
    long offset();

    /** No frame names it, nor will: the space is free again. */
    void discard();
}
