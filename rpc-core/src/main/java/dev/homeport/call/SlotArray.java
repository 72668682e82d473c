package dev.homeport.call;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An array of calls that grows by pieces which never move, so that reading and writing need no lock.
 * Empty pieces cost nothing.
 */
final class SlotArray<T> {
    private static final int PIECE_BITS = 8;
    private static final int PIECE_SLOTS = 1 << PIECE_BITS;
    private static final int PIECE_MASK = PIECE_SLOTS - 1;

    private final AtomicReferenceArray<@Nullable AtomicReferenceArray<@Nullable T>> pieces;

    SlotArray(int maxSlots) {
        pieces = new AtomicReferenceArray<>(maxSlots + PIECE_MASK >> PIECE_BITS);
    }

    /** What stands in a slot, or null; null also for a slot out of range. */
    @Nullable T get(int slot) {
        int piece = slot >>> PIECE_BITS;
        if (piece >= pieces.length()) {
            return null;
        }
        AtomicReferenceArray<@Nullable T> calls = pieces.getAcquire(piece);
        return calls == null ? null : calls.getAcquire(slot & PIECE_MASK);
    }

    void set(int slot, @Nullable T call) {
        pieceOf(slot).setRelease(slot & PIECE_MASK, call);
    }

    boolean replace(int slot, @Nullable T expected, @Nullable T call) {
        return pieceOf(slot).compareAndSet(slot & PIECE_MASK, expected, call);
    }

    void forEach(Consumer<T> action) {
        for (int piece = 0; piece < pieces.length(); piece++) {
            AtomicReferenceArray<@Nullable T> calls = pieces.getAcquire(piece);
            for (int i = 0; calls != null && i < PIECE_SLOTS; i++) {
                T call = calls.getAcquire(i);
                if (call != null) {
                    action.accept(call);
                }
            }
        }
    }

    private AtomicReferenceArray<@Nullable T> pieceOf(int slot) {
        int piece = slot >>> PIECE_BITS;
        AtomicReferenceArray<@Nullable T> calls = pieces.getAcquire(piece);
        if (calls == null) {
            pieces.compareAndSet(piece, null, new AtomicReferenceArray<>(PIECE_SLOTS));
            calls = pieces.getAcquire(piece);
        }
        return calls;
    }
}
