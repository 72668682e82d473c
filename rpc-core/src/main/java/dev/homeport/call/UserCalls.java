package dev.homeport.call;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Calls that one user's processes have open in this one, over all their connections: in flight, cancelled with a handler
 * that has not seen it, or callbacks. A bound for each connection alone is none for who opens many. Any thread.
 *
 * <p>Connections reserve in steps, and only beyond what each has free, so that ordinary traffic never comes here.
 */
public final class UserCalls {
    /** Calls of one user; {@code homeport.limit.calls} sets another bound for the process. */
    public static final int DEFAULT_MAX = 65_536;

    /** Names the property. */
    public static final String PROPERTY = "homeport.limit.calls";

    /** Calls that a connection has without asking; how many connections there are is bounded by itself. */
    static final int FREE_PER_CONNECTION = 16;

    /** Calls reserved at once. */
    static final int STEP = 64;

    private static final ConcurrentMap<Integer, UserCalls> OF_PROCESS = new ConcurrentHashMap<>();

    private final int uid;
    private final int max;
    private final AtomicInteger reserved = new AtomicInteger();

    UserCalls(int uid, int max) {
        this.uid = uid;
        this.max = max;
    }

    /** That of a user; null for who is not known by the kernel's word. */
    static @Nullable UserCalls of(int uid) {
        return uid < 0
                ? null
                : OF_PROCESS.computeIfAbsent(
                        uid, key -> new UserCalls(key, Math.max(STEP, Integer.getInteger(PROPERTY, DEFAULT_MAX))));
    }

    /** Calls reserved for the connections of a user now: at least those open beyond the free ones. For monitoring. */
    public static int reserved(int uid) {
        UserCalls known = OF_PROCESS.get(uid);
        return known == null ? 0 : known.reserved.get();
    }

    /** Reserves a step more; false if the user has too many. */
    boolean tryReserve() {
        int before;
        do {
            before = reserved.get();
            if (before + STEP > max) {
                return false;
            }
        } while (!reserved.compareAndSet(before, before + STEP));
        return true;
    }

    void giveBack(int calls) {
        reserved.getAndAdd(-calls);
    }

    String exhausted() {
        return "too many open calls of one user: uid=" + uid + ", max=" + max;
    }
}
