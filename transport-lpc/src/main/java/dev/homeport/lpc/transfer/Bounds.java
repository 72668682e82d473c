package dev.homeport.lpc.transfer;

/** Sizes of sections and what one connection may have of them, in bytes. Both sides hold each other to them. */
public final class Bounds {
    private Bounds() {}

    /** Sections and lent memory that processes of a user have this process hold now. */
    public static long mappedBytes(int uid) {
        return UserBytes.taken(uid);
    }

    /**
     * Messages shorter than this go through the queue, unless configured; the server tells its clients. What one frame
     * holds beside a kilobyte of metadata: up to there the queue is quicker and takes less processor time, for one caller
     * and for eight; above, in several frames, it is not (docs/bodies.md).
     */
    public static final int QUEUE_BELOW_BYTES = 7 * 1024;

    /** Alignment of blocks: a pair of cache lines, so that neighbours do not share one. */
    public static final int BLOCK_ALIGNMENT = 128;

    /** Smallest section: below it the descriptor costs more than the memory. */
    public static final long MIN_SECTION_BYTES = 64 * 1024;

    /** What a section has that is made because a message needed one: room for a few like it. */
    public static final long FIRST_SECTION_BYTES = 4 * 1024 * 1024;

    /**
     * Messages of at least this length go direct first, where that is possible: half of what sections may have, so that
     * from here on no second message has room. Speed does not ask for it sooner: warm sections are quicker up to 128
     * MiB (echo of 1, 16, 128 MiB: 0.30, 5.9, 43 ms by section, 0.52, 7.0, 55 direct; 2026-11-23, docs/bodies.md).
     */
    public static final int DIRECT_FROM_BYTES = 128 * 1024 * 1024;

    /** Below it a message that no section has room for goes in fragments rather than direct. */
    public static final int MIN_DIRECT_BYTES = 64 * 1024;

    /** Lent memory of one connection, both ways together. */
    public static final long MAX_LENT_BYTES = 256L * 1024 * 1024;

    /** Lent memory that a connection keeps for the next message when none travels. */
    public static final long KEPT_LENT_BYTES = 4 * 1024 * 1024;

    /** Wishes for memory that a server has open at once. */
    public static final int MAX_WISHES = 64;

    /** How long a reply waits for the memory it wished for, in nanoseconds. A client that reads at all answers in far less. */
    public static final long LEND_TIMEOUT_NANOS = 250_000_000L;

    /** Largest section that is made ahead of need: a peer may ask for one, and idle memory helps nobody. */
    public static final long MAX_PREPARED_BYTES = 64L * 1024 * 1024;

    /** All sections of one side of a connection. */
    public static final long MAX_CONNECTION_BYTES = 256L * 1024 * 1024;

    /** All sections and lent memory that processes of one user have this process hold. */
    public static final long MAX_USER_BYTES = 1024L * 1024 * 1024;

    /** Sections of one side at once. */
    public static final int MAX_SECTIONS = 16;

    /** Sections that one side announces in the life of a connection. Bounds what the other must remember. */
    public static final int MAX_ANNOUNCED = 1 << 16;

    /** Blocks of the peer that one side holds at once. */
    public static final int MAX_HELD_BLOCKS = 1 << 16;

    /** A section in which nothing was used for so long is given back, in nanoseconds. */
    public static final long IDLE_NANOS = 5_000_000_000L;
}
