package dev.homeport.spi;

/** Why a technique did not carry a message that was large enough for it. The next one served. */
public enum DeclineReason {
    /** No section had room at that moment; one may be on its way. */
    NO_ROOM_YET,
    /** A bound of the connection or of the peer's user is reached. */
    BOUND_REACHED,
    /** It was not agreed on when the connection was set up; the words of the decline say why. */
    NOT_AGREED,
    /** The peer takes no more sections, or lends no memory. */
    PEER_REFUSED,
    /** The kernel gave no memory. */
    NO_MEMORY,
    /** The peer was asked for memory and did not answer in time. */
    LATE,
    /** The peer's memory could not be reached although it could be at set-up. */
    UNREACHABLE,
    /** The connection is closing. */
    CLOSING
}
