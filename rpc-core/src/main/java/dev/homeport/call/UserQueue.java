package dev.homeport.call;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that this process keeps on its heap for one user's processes, over all their connections: requests that no handler
 * has asked for, frames of which pieces are missing, replies that are not read. The window of a call bounds none of
 * these for who opens many calls. Any thread.
 *
 * <p>Calls reserve in steps, and only beyond what each has free, so that ordinary traffic never comes here.
 */
public final class UserQueue {
    /** Names the property with bytes of one user; without it a share of the heap, {@link #HEAP_SHARE}. */
    public static final String PROPERTY = "homeport.limit.queued.bytes";

    /** A user whose bound is a quarter of the heap leaves the others, and the program itself, the most of it. */
    static final int HEAP_SHARE = 4;

    private static final ConcurrentMap<Integer, UserQueue> OF_PROCESS = new ConcurrentHashMap<>();

    private final int uid;
    private final long maxBytes;
    private final AtomicLong reserved = new AtomicLong();

    UserQueue(int uid, long maxBytes) {
        this.uid = uid;
        this.maxBytes = maxBytes;
    }

    /** That of a user; null for who is not known by the kernel's word. */
    static @Nullable UserQueue of(int uid) {
        return uid < 0 ? null : OF_PROCESS.computeIfAbsent(uid, key -> new UserQueue(key, configured()));
    }

    private static long configured() {
        return Math.max(QueueShare.STEP_BYTES, Long.getLong(PROPERTY, Runtime.getRuntime().maxMemory() / HEAP_SHARE));
    }

    /** Bytes reserved for the calls of a user now: at least those queued beyond the free ones. For monitoring. */
    public static long reservedBytes(int uid) {
        UserQueue known = OF_PROCESS.get(uid);
        return known == null ? 0 : known.reserved.get();
    }

    /** Reserves so many more; false if the user has too many. */
    boolean tryReserve(long bytes) {
        long before;
        do {
            before = reserved.get();
            if (bytes > maxBytes - before) {
                return false;
            }
        } while (!reserved.compareAndSet(before, before + bytes));
        return true;
    }

    void giveBack(long bytes) {
        reserved.getAndAdd(-bytes);
    }

    String exhausted() {
        return "too many bytes queued for one user: uid=" + uid + ", maxBytes=" + maxBytes;
    }
}
