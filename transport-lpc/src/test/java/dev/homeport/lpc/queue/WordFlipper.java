package dev.homeport.lpc.queue;

import java.lang.foreign.MemorySegment;

/**
 * A peer that writes two values into one word in turn and never pauses, on a thread of its own. Who reads the word twice
 * meets both of them sooner or later, however close his readings are.
 */
final class WordFlipper implements AutoCloseable {
    private static final int TURNS = 256;

    private final MemorySegment memory;
    private final long offset;
    private final long one;
    private final long other;
    private final Thread thread;
    private volatile boolean over;

    WordFlipper(MemorySegment memory, long offset, long one, long other) {
        this.memory = memory;
        this.offset = offset;
        this.one = one;
        this.other = other;
        this.thread = Thread.ofPlatform().daemon().name("flipper").start(this::flip);
    }

    private void flip() {
        while (!over) {
            for (int i = 0; i < TURNS; i++) {
                Words.setLongRelease(memory, offset, one);
                Words.setLongRelease(memory, offset, other);
            }
        }
    }

    /** Ends the thread: the memory may be unmapped after this, and only then. */
    @Override
    public void close() {
        over = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
