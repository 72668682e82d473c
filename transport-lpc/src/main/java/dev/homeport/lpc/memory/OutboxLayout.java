package dev.homeport.lpc.memory;

/**
 * Layout of an outbox: one page of control words, then the message queue. Little-endian. Every byte is
 * written by the outbox's owner alone; the peer has a read-only map. Words that change stand 128 bytes
 * apart: a pair of cache lines, which the processor fetches together.
 *
 * <pre>
 *     0  MAGIC        int64   what this is, and the version of this layout
 *     8  QUEUE_BYTES  int32   bytes of the queue, a power of two
 *   128  TAIL         int64   bytes the owner ever wrote into this queue
 *   256  CURSOR       int64   bytes the owner has read of the PEER's queue
 *   384  ASLEEP       int32   how the owner's reader sleeps
 *   512  WANTS_ROOM   int32   the owner waits for room in this queue
 *   640  CPU          int32   processor on which the owner's reader last spun
 *   768  DIRECT       int32   of a client: its lent memory is withdrawn; of a server: threads in lent memory
 *  4096  QUEUE        QUEUE_BYTES bytes
 * </pre>
 */
public final class OutboxLayout {
    /** Offset of an int64, written once before the outbox is sent: {@link #MAGIC_VALUE}. */
    public static final int MAGIC = 0;

    /** Offset of an int32, written once: bytes of the queue. The peer trusts the handshake and the size instead. */
    public static final int QUEUE_BYTES = 8;

    /** Offset of an int64: position behind the last published record; a multiple of 8, only grows. */
    public static final int TAIL = 128;

    /** Offset of an int64: position up to which the owner has read the peer's queue; only grows. */
    public static final int CURSOR = 256;

    /**
     * Offset of an int32: in {@link #SLEEP_MASK} one of {@link #READING}, {@link #FUTEX}, {@link #EPOLL};
     * above it an epoch, so that two sleeps never look alike.
     */
    public static final int ASLEEP = 384;

    /** Offset of an int32: not 0 while the owner waits for room in its own queue. */
    public static final int WANTS_ROOM = 512;

    /** Offset of an int32: number of a processor, or {@link #CPU_UNKNOWN}. A hint only. */
    public static final int CPU = 640;

    /**
     * Offset of an int32. The client, who lends memory, sets {@link #WITHDRAWN} when it will free it. The server
     * counts its threads that are reading or writing lent memory.
     */
    public static final int DIRECT = 768;

    /** Value of {@link #DIRECT} in a client's outbox: the server must not touch lent memory any more. */
    public static final int WITHDRAWN = 1;

    /** Offset of the message queue, and bytes of the control page. */
    public static final int QUEUE = 4096;

    /** {@code "HPBOX"} read as little-endian text, then the version of this layout in the top bytes. */
    public static final long MAGIC_VALUE = 0x0001_0058_4f42_5048L;

    /** Value of {@link #ASLEEP}: awake, needs no doorbell. */
    public static final int READING = 0;

    /** Value of {@link #ASLEEP}: waits by futex on the low word of the peer's {@link #TAIL}. */
    public static final int FUTEX = 1;

    /** Value of {@link #ASLEEP}: waits by epoll on its end of the socket pair. */
    public static final int EPOLL = 2;

    /** Bits of {@link #ASLEEP} that say how. */
    public static final int SLEEP_MASK = 3;

    /** What is added to {@link #ASLEEP} for the next epoch. */
    public static final int EPOCH_STEP = 4;

    /** Value of {@link #CPU}: not known, or not of use. */
    public static final int CPU_UNKNOWN = -1;

    /** Smallest queue, in bytes: one page. */
    public static final int MIN_QUEUE_BYTES = 4 * 1024;

    /** Largest queue, in bytes: beyond it memory is pinned for nothing, large bodies go by sections. */
    public static final int MAX_QUEUE_BYTES = 16 * 1024 * 1024;

    /** Queue of a connection that asks for nothing else, in bytes. Two of them fit an idle connection's 128 KiB. */
    public static final int DEFAULT_QUEUE_BYTES = 32 * 1024;

    private OutboxLayout() {}

    /** Bytes of an outbox with a queue of so many bytes. */
    public static long outboxBytes(int queueBytes) {
        return QUEUE + (long) queueBytes;
    }

    /** Whether a queue may have so many bytes. */
    public static boolean isQueueBytes(int queueBytes) {
        return queueBytes >= MIN_QUEUE_BYTES && queueBytes <= MAX_QUEUE_BYTES && Integer.bitCount(queueBytes) == 1;
    }
}
