package dev.homeport.lpc.transfer;

/** Sizes of sections and what one connection may have of them, in bytes. Both sides hold each other to them. */
public final class Bounds {
    private Bounds() {}

    /**
     * Messages longer than this go into a section. Below it the copy through the queue is as quick and needs no
     * release. Chosen from single runs; docs/bodies.md says what is missing.
     */
    public static final int MAX_INLINE_BYTES = 2 * 1024;

    /** Alignment of blocks: a pair of cache lines, so that neighbours do not share one. */
    public static final int BLOCK_ALIGNMENT = 128;

    /** Smallest section: below it the descriptor costs more than the memory. */
    public static final long MIN_SECTION_BYTES = 64 * 1024;

    /** What a section has that is made because a message needed one: room for a few like it. */
    public static final long FIRST_SECTION_BYTES = 4 * 1024 * 1024;

    /** All sections of one side of a connection. */
    public static final long MAX_CONNECTION_BYTES = 256L * 1024 * 1024;

    /** All sections that processes of one user have this process map. */
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
