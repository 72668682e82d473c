package dev.homeport.spi;

import org.jspecify.annotations.Nullable;

/**
 * Why a connection ended.
 *
 * @param kind what happened
 * @param detail facts for a status and a log
 * @param cause what was thrown, if anything was
 */
public record EndCause(Kind kind, String detail, @Nullable Throwable cause) {

    /** The kinds of end. */
    public enum Kind {
        /** This side closed in good order. */
        LOCAL_CLOSE,
        /** The peer closed in good order. */
        PEER_CLOSE,
        /** The peer's process died. */
        PEER_DEATH,
        /** The peer broke the protocol. */
        VIOLATION,
        /** Something failed on this side. */
        FAILURE
    }

    public static EndCause of(Kind kind, String detail) {
        return new EndCause(kind, detail, null);
    }
}
