package dev.homeport.call;

/**
 * What one side of a connection takes from the other.
 *
 * @param maxMessageBytes largest message; larger ends the call with RESOURCE_EXHAUSTED
 * @param maxMetadataBytes largest metadata, counted as HTTP/2 does: 32 bytes an entry, its name, its value
 * @param maxOpenCalls calls of the peer open at once; more are refused with RESOURCE_EXHAUSTED
 */
public record CallLimits(int maxMessageBytes, int maxMetadataBytes, int maxOpenCalls) {
    /** gRPC's own default of 4 MiB. */
    public static final int DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
    /** gRPC's own default of 8 KiB. */
    public static final int DEFAULT_MAX_METADATA_BYTES = 8192;
    /** Enough for any honest peer; bounds what a dishonest one can make us remember. */
    public static final int DEFAULT_MAX_OPEN_CALLS = 16_384;

    /** Sets another bound for the callbacks open at one client, in the client's and the server's process. */
    public static final String CALLBACKS_PROPERTY = "homeport.limit.callbacks";
    /**
     * Callbacks open at one client at once: each may hold a thread of it. The client refuses more; so does the
     * server, which holds something for each that its client does not answer.
     */
    public static final int MAX_OPEN_CALLBACKS = Math.max(1, Integer.getInteger(CALLBACKS_PROPERTY, 256));

    public static final CallLimits DEFAULT =
            new CallLimits(DEFAULT_MAX_MESSAGE_BYTES, DEFAULT_MAX_METADATA_BYTES, DEFAULT_MAX_OPEN_CALLS);
}
