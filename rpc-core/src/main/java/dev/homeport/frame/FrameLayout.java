package dev.homeport.frame;

/**
 * Where things stand in a frame. All numbers are little-endian; lengths are in bytes. A frame's own length
 * travels beside it (in the queue's record header, or as the length of a gRPC message), so it is not
 * repeated here. Every frame begins alike:
 *
 * <pre>
 *  0        1        2                 4                                   8
 *  +--------+--------+-----------------+-----------------------------------+
 *  |  type  | flags  |      code       |          call or method           |
 *  +--------+--------+-----------------+-----------------------------------+
 * </pre>
 *
 * Types and flags that a reader does not know end the connection: versions are agreed at set-up, so
 * nothing unknown can arrive from an honest peer. docs/wire.md says the same for readers without the code.
 */
public final class FrameLayout {
    private FrameLayout() {}

    /** Whether these flags may stand together: a frame in pieces names no section. */
    static boolean areCompatible(int flags) {
        return (flags & (FLAG_FRAGMENTED | FLAG_BODY)) != (FLAG_FRAGMENTED | FLAG_BODY);
    }

    /** Bytes that a message takes within its frame. */
    public static int messageBytes(int flags, int messageLength) {
        return (flags & FLAG_BODY) != 0 ? BODY_BYTES : messageLength;
    }

    /** uint8: one of the types below. */
    public static final int TYPE = 0;
    /** uint8: flags, with a meaning for each type. */
    public static final int FLAGS = 1;
    /** uint16: a gRPC status code where the type has one, else 0. */
    public static final int CODE = 2;
    /** int32: call number, or method number in METHOD. */
    public static final int CALL = 4;
    /** Bytes that every frame has. */
    public static final int HEADER_BYTES = 8;

    /** Caller to callee: gives a method a number. The name follows the header, in UTF-8. */
    public static final int TYPE_METHOD = 1;
    /** Caller to callee: starts a call. */
    public static final int TYPE_OPEN = 2;
    /** Caller to callee: a message, the end of messages, or both. */
    public static final int TYPE_DATA = 3;
    /** Callee to caller: headers, a message, a status, or any of them together. */
    public static final int TYPE_REPLY = 4;
    /** Caller to callee: the call is over for the caller. */
    public static final int TYPE_CANCEL = 5;
    /** Either way: more bytes may be sent in a call. */
    public static final int TYPE_WINDOW = 6;
    /** Either way: more of the frame with {@link #FLAG_FRAGMENTED} that went before in the same call. */
    public static final int TYPE_FRAGMENT = 7;
    /** Either way: the sender starts no more calls ({@link #FLAG_ACK}), or asks the peer to start none. */
    public static final int TYPE_DRAIN = 8;
    /** Either way: the sender closes in good order; nothing follows. */
    public static final int TYPE_BYE = 9;

    /** OPEN, DATA, REPLY: a message is there, if only an empty one. */
    public static final int FLAG_MESSAGE = 0x01;
    /** OPEN, DATA: no message follows. */
    public static final int FLAG_HALF_CLOSE = 0x02;
    /** REPLY: response headers are there. */
    public static final int FLAG_HEADERS = 0x04;
    /** REPLY: status and trailers are there; the call is over. */
    public static final int FLAG_STATUS = 0x08;
    /** REPLY with status: the call never reached a handler and may be started elsewhere. */
    public static final int FLAG_REFUSED = 0x10;
    /** WINDOW, FRAGMENT: the sender is the callee of the call. */
    public static final int FLAG_FROM_CALLEE = 0x20;
    /** OPEN, DATA, REPLY: the frame is longer than what is here; FRAGMENT frames follow. */
    public static final int FLAG_FRAGMENTED = 0x40;
    /**
     * OPEN, DATA, REPLY: in the place of the message stands a {@link #BODY_SECTION reference} to it. Never with
     * {@link #FLAG_FRAGMENTED}: who passes over the pieces of a call that has ended would not see what to release.
     */
    public static final int FLAG_BODY = 0x80;
    /** DRAIN: the answer to one. */
    public static final int FLAG_ACK = 0x80;

    /**
     * OPEN:
     * <pre>
     *  8                 12                16                20                24                        32
     *  +-----------------+-----------------+-----------------+-----------------+-------------------------+
     *  |     method      | metadata length | message length  |     parent      |     timeout (ns)        |
     *  +-----------------+-----------------+-----------------+-----------------+-------------------------+
     *  | metadata, then message                                                                          |
     * </pre>
     * int32: number given by METHOD, or {@link #METHOD_BY_NAME}.
     */
    public static final int OPEN_METHOD = 8;
    /** int32: bytes of the metadata block. */
    public static final int OPEN_METADATA_LENGTH = 12;
    /** int32: bytes of the message; 0 without {@link #FLAG_MESSAGE}. */
    public static final int OPEN_MESSAGE_LENGTH = 16;
    /** int32: number of the peer's call in which this call is a callback, or {@link #NO_PARENT}. */
    public static final int OPEN_PARENT = 20;
    /** int64: nanoseconds left until the deadline, at least 1, or {@link #NO_TIMEOUT}. */
    public static final int OPEN_TIMEOUT = 24;
    public static final int OPEN_BYTES = 32;

    /** The method's name stands in the metadata as {@link #PATH_ENTRY}. */
    public static final int METHOD_BY_NAME = -1;
    public static final int NO_PARENT = -1;
    public static final long NO_TIMEOUT = Long.MAX_VALUE;
    /** Metadata entry with the method's name; applications cannot make names with a colon. */
    public static final String PATH_ENTRY = ":path";
    /** Metadata entry with the call's authority where it is not the connection's. */
    public static final String AUTHORITY_ENTRY = ":authority";

    /**
     * DATA:
     * <pre>
     *  8                 12                16
     *  +-----------------+-----------------+
     *  | message length  |        0        | message
     *  +-----------------+-----------------+
     * </pre>
     */
    public static final int DATA_MESSAGE_LENGTH = 8;
    public static final int DATA_BYTES = 16;

    /**
     * REPLY:
     * <pre>
     *  8                 12                16                20                24
     *  +-----------------+-----------------+-----------------+-----------------+
     *  | headers length  | message length  | descript. length| trailers length | headers, message, ...
     *  +-----------------+-----------------+-----------------+-----------------+
     * </pre>
     */
    public static final int REPLY_HEADERS_LENGTH = 8;
    public static final int REPLY_MESSAGE_LENGTH = 12;
    /** int32: bytes of the status description, UTF-8. */
    public static final int REPLY_DESCRIPTION_LENGTH = 16;
    public static final int REPLY_TRAILERS_LENGTH = 20;
    public static final int REPLY_BYTES = 24;

    /**
     * Reference to a message in a section of the sender:
     * <pre>
     *  0                 4                 8                        16
     *  +-----------------+-----------------+-------------------------+
     *  |    section      |        0        |         offset          |
     *  +-----------------+-----------------+-------------------------+
     * </pre>
     * The message length stands in the frame as ever.
     */
    public static final int BODY_SECTION = 0;
    /** int64: bytes from the section's beginning. */
    public static final int BODY_OFFSET = 8;
    public static final int BODY_BYTES = 16;

    /** WINDOW: int32 bytes granted, more than 0; the frame ends at {@link #WINDOW_BYTES}. */
    public static final int WINDOW_GRANT = 8;
    public static final int WINDOW_BYTES = 12;

    /**
     * What a message costs of a call's window beside its own bytes, so that empty messages cannot fill a
     * heap: about what an empty message occupies there.
     */
    public static final int WINDOW_COST_OF_MESSAGE = 32;

    /** Longest name in METHOD, in bytes. A bound, not a need. */
    public static final int MAX_METHOD_NAME_BYTES = 1024;
    /** Methods one side may number on a connection; further ones go by name in each call. */
    public static final int MAX_METHODS = 4096;
    /** Largest gRPC status code there is. */
    public static final int LAST_CODE = 16;
    /** Longest description of a status, in bytes; longer ones are cut. */
    public static final int MAX_DESCRIPTION_BYTES = 4096;
}
