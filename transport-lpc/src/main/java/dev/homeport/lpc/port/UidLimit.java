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
        boolean[] taken = new boolean[1];
        counts.compute(uid, (key, count) -> {
            int now = count == null ? 0 : count;
            taken[0] = now < max;
            return taken[0] ? now + 1 : now;
        });
        return taken[0];
    }

    void giveBack(int uid) {
        counts.computeIfPresent(uid, (key, count) -> count == 1 ? null : count - 1);
    }

    int count(int uid) {
        return counts.getOrDefault(uid, 0);
    }

    int max() {
        return max;
    }
}
