package dev.homeport.lpc.transfer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Memory through which messages pass on their way from and to another process, a window at a time. Process-wide
 * and reused, so that it stays in the processor's cache; a window holds bytes of one message after another, and is
 * never seen by a peer. Any thread.
 */
final class Windows {
    /**
     * Bytes of a window. 128 MiB with huge pages, read and copied on: 9.9 ms in windows of 64 KiB, 8.4 of 256 KiB, 9.5 of
     * 1 MiB, which does not stay in the cache (2026-11-23, Linux 6.18, 2 MiB of second-level cache).
     */
    static final int BYTES = 256 * 1024;

    /** Windows kept: as many as transfers usually run at once. */
    private static final int KEPT = 8;

    private static final ArrayBlockingQueue<MemorySegment> FREE = new ArrayBlockingQueue<>(KEPT);

    private Windows() {}

    static MemorySegment take() {
        @Nullable MemorySegment free = FREE.poll();
        // Freed by the collector: one that is not given back is lost only until then.
        return free != null ? free : Arena.ofAuto().allocate(BYTES, 4096);
    }

    /** The caller does not touch it any more. */
    static void giveBack(MemorySegment window) {
        FREE.offer(window);
    }
}
