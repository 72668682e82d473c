package dev.homeport.call;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Open calls that this side started. A call's number is a slot and a generation, so that a late frame for
 * an ended call meets nobody. Any thread adds and removes, without a lock.
 *
 * <pre>
 *  31 30           16 15            0
 *  +-+---------------+--------------+
 *  |0|  generation   |     slot     |
 *  +-+---------------+--------------+
 * </pre>
 */
final class OutgoingTable {
    /** Bits of a call number that name the slot. */
    static final int SLOT_BITS = 16;
    /** Calls that can be open at once. */
    static final int MAX_SLOTS = 1 << SLOT_BITS;
    static final int SLOT_MASK = MAX_SLOTS - 1;

    private static final int GENERATION_MASK = 0x7fff;
    private static final int NO_SLOT = -1;
    private static final long TAG_STEP = 1L << 32;
    private static final long SLOT_PART = 0xffff_ffffL;

    /** A free slot, to be used by the next call. Reused with the slot. */
    private static final class Free {
        final int slot;
        int generation;
        int next;

        Free(int slot) {
            this.slot = slot;
        }
    }

    private final SlotArray<OutgoingCall<?, ?>> calls = new SlotArray<>(MAX_SLOTS);
    private final SlotArray<Free> frees = new SlotArray<>(MAX_SLOTS);
    /** Top of the stack of free slots: a tag against ABA above, the slot below. */
    private final AtomicLong freeTop = new AtomicLong(Integer.toUnsignedLong(NO_SLOT));
    /** Slots used so far; those below are in use or on the stack. */
    private final AtomicInteger usedSlots = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();

    /**
     * Gives a call its number.
     *
     * @return the number, or -1 if all are in use
     */
    int add(OutgoingCall<?, ?> call) {
        Free free = popFree();
        if (free == null) {
            free = fresh();
            if (free == null) {
                return -1;
            }
        }
        free.generation = free.generation + 1 & GENERATION_MASK;
        int number = free.generation << SLOT_BITS | free.slot;
        call.number(number);
        calls.set(free.slot, call);
        // Behind the slot: its full fence lets the caller look whether the connection has ended. Partner: Connection.onEnd.
        open.getAndIncrement();
        return number;
    }

    /** The open call of this number, or null. */
    @Nullable OutgoingCall<?, ?> get(int number) {
        OutgoingCall<?, ?> call = calls.get(number & SLOT_MASK);
        return call != null && call.number() == number ? call : null;
    }

    /** Whether this number can have been given: any other comes from a peer that makes numbers up. */
    boolean couldBe(int number) {
        return number >= 0 && (number & SLOT_MASK) < usedSlots.get();
    }

    /** Frees a call's number. The caller does so once for a call. */
    void remove(int number) {
        int slot = number & SLOT_MASK;
        calls.set(slot, null);
        open.getAndDecrement();
        pushFree(frees.get(slot));
    }

    int size() {
        return open.get();
    }

    void forEach(Consumer<OutgoingCall<?, ?>> action) {
        calls.forEach(action);
    }

    private @Nullable Free fresh() {
        int slot = usedSlots.getAndIncrement();
        if (slot >= MAX_SLOTS) {
            usedSlots.set(MAX_SLOTS);
            return null;
        }
        Free free = new Free(slot);
        frees.set(slot, free);
        return free;
    }

    private @Nullable Free popFree() {
        while (true) {
            long top = freeTop.get();
            int slot = (int) top;
            if (slot == NO_SLOT) {
                return null;
            }
            Free free = frees.get(slot);
            if (freeTop.compareAndSet(top, (top & ~SLOT_PART) + TAG_STEP | Integer.toUnsignedLong(free.next))) {
                return free;
            }
        }
    }

    private void pushFree(@Nullable Free free) {
        while (true) {
            long top = freeTop.get();
            free.next = (int) top;
            if (freeTop.compareAndSet(top, (top & ~SLOT_PART) + TAG_STEP | Integer.toUnsignedLong(free.slot))) {
                return;
            }
        }
    }
}
