package dev.homeport.call;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An array of calls that grows by pieces which never move, so that reading and writing need no lock.
 * Empty pieces cost nothing. The first piece is found without the others: few connections need a second, and each object
 * on the way to a call is a cache line that a thousand connections do not find in a cache.
 */
final class SlotArray<T> {
    private static final int PIECE_BITS = 8;
    private static final int PIECE_SLOTS = 1 << PIECE_BITS;
    private static final int PIECE_MASK = PIECE_SLOTS - 1;
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle PIECE = MethodHandles.arrayElementVarHandle(Object[][].class);

    private final @Nullable Object[] first = new Object[PIECE_SLOTS];
    /** The others, from the second on; an empty one is not there. */
    private final @Nullable Object[] @Nullable [] others;

    /** @param maxSlots a multiple of the slots of a piece */
    SlotArray(int maxSlots) {
        others = new Object[(maxSlots >> PIECE_BITS) - 1][];
    }

    /** What stands in a slot, or null; null also for a slot out of range. */
    @SuppressWarnings("unchecked")
    @Nullable T get(int slot) {
        @Nullable Object[] piece = piece(slot);
        return piece == null ? null : (T) SLOT.getAcquire(piece, slot & PIECE_MASK);
    }

    void set(int slot, @Nullable T call) {
        SLOT.setRelease(pieceOf(slot), slot & PIECE_MASK, call);
    }

    boolean replace(int slot, @Nullable T expected, @Nullable T call) {
        return SLOT.compareAndSet(pieceOf(slot), slot & PIECE_MASK, expected, call);
    }

    void forEach(Consumer<T> action) {
        forEachOf(first, action);
        for (int i = 0; i < others.length; i++) {
            @Nullable Object[] piece = (Object[]) PIECE.getAcquire(others, i);
            if (piece != null) {
                forEachOf(piece, action);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private void forEachOf(@Nullable Object[] piece, Consumer<T> action) {
        for (int i = 0; i < PIECE_SLOTS; i++) {
            T call = (T) SLOT.getAcquire(piece, i);
            if (call != null) {
                action.accept(call);
            }
        }
    }

    private @Nullable Object @Nullable [] piece(int slot) {
        if (slot >>> PIECE_BITS == 0) {
            return first;
        }
        int other = (slot >>> PIECE_BITS) - 1;
        return other < others.length ? (Object[]) PIECE.getAcquire(others, other) : null;
    }

    private @Nullable Object[] pieceOf(int slot) {
        @Nullable Object[] piece = piece(slot);
        if (piece == null) {
            int other = (slot >>> PIECE_BITS) - 1;
            PIECE.compareAndSet(others, other, null, new Object[PIECE_SLOTS]);
            piece = Objects.requireNonNull(piece(slot));
        }
        return piece;
    }
}
