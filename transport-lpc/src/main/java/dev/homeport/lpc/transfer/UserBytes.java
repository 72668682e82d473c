package dev.homeport.lpc.transfer;

import java.util.concurrent.ConcurrentHashMap;

/** Bytes that processes of each user have this process map, up to a bound. Any thread. */
final class UserBytes {
    private static final ConcurrentHashMap<Integer, Long> TAKEN = new ConcurrentHashMap<>();

    private UserBytes() {}

    static boolean tryTake(int uid, long bytes) {
        boolean[] taken = new boolean[1];
        TAKEN.compute(uid, (key, before) -> {
            long now = before == null ? 0 : before;
            taken[0] = bytes <= Bounds.MAX_USER_BYTES - now;
            return taken[0] ? Long.valueOf(now + bytes) : before;
        });
        return taken[0];
    }

    static void giveBack(int uid, long bytes) {
        TAKEN.computeIfPresent(uid, (key, before) -> before == bytes ? null : before - bytes);
    }

    static long taken(int uid) {
        return TAKEN.getOrDefault(uid, 0L);
    }
}
