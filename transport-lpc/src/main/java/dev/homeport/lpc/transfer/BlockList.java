package dev.homeport.lpc.transfer;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which parts of a section are in use. The lowest free place that fits is taken, so that what is used stays
 * at the beginning, where the memory is warm. Not thread-safe.
 */
final class BlockList {
    /** Returned by {@link #allocate} when nothing fits. */
    static final long NONE = -1;

    /** Free parts: where, how long. No two touch. */
    private final TreeMap<Long, Long> free = new TreeMap<>();
    /** Parts in use: where, how long. */
    private final Map<Long, Long> used = new HashMap<>();

    BlockList(long sizeBytes) {
        free.put(0L, sizeBytes);
    }

    /** Takes a part of at least so many bytes; its offset, or {@link #NONE}. */
    long allocate(long lengthBytes) {
        long rounded = rounded(lengthBytes);
        for (Map.Entry<Long, Long> part : free.entrySet()) {
            long length = part.getValue();
            if (length >= rounded) {
                long offset = part.getKey();
                free.remove(offset);
                if (length > rounded) {
                    free.put(offset + rounded, length - rounded);
                }
                used.put(offset, rounded);
                return offset;
            }
        }
        return NONE;
    }

    /** Gives a part back; false if it is not in use. */
    boolean release(long offset) {
        Long length = used.remove(offset);
        if (length == null) {
            return false;
        }
        long start = offset;
        long end = offset + length;
        Map.Entry<Long, Long> before = free.lowerEntry(offset);
        if (before != null && before.getKey() + before.getValue() == offset) {
            start = before.getKey();
            free.remove(start);
        }
        Long after = free.remove(end);
        free.put(start, (after == null ? end : end + after) - start);
        return true;
    }

    boolean isUnused() {
        return used.isEmpty();
    }

    static long rounded(long lengthBytes) {
        return Math.max(Bounds.BLOCK_ALIGNMENT, lengthBytes + Bounds.BLOCK_ALIGNMENT - 1 & -Bounds.BLOCK_ALIGNMENT);
    }
}
