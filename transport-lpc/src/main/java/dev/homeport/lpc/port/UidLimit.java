package dev.homeport.lpc.port;

import java.util.concurrent.ConcurrentHashMap;

/** Counts what each user has, up to a bound. Any thread. */
final class UidLimit {
    /** Set-ups that one user may have half open. */
    static final int MAX_HALF_OPEN = 64;

    /** Connections that one user may have to this process. */
    static final int MAX_CONNECTIONS = 1024;

    private final int max;
    private final ConcurrentHashMap<Integer, Integer> counts = new ConcurrentHashMap<>();

    UidLimit(int max) {
        this.max = max;
    }

    boolean tryTake(int uid) {
        return tryTake(uid, 1);
    }

    boolean tryTake(int uid, int more) {
        boolean[] taken = new boolean[1];
        counts.compute(uid, (key, count) -> {
            int now = count == null ? 0 : count;
            taken[0] = more <= max - now;
            return taken[0] ? Integer.valueOf(now + more) : count;
        });
        return taken[0];
    }

    void giveBack(int uid) {
        giveBack(uid, 1);
    }

    void giveBack(int uid, int less) {
        counts.computeIfPresent(uid, (key, count) -> count == less ? null : count - less);
    }

    int count(int uid) {
        return counts.getOrDefault(uid, 0);
    }

    int max() {
        return max;
    }
}
