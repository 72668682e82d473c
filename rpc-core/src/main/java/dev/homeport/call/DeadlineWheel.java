package dev.homeport.call;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A clock for what is nearly always cancelled: a call's deadline. What is due within a minute lies in a wheel of lists,
 * into which it is linked, and out of which it is unlinked, without a look at the others; the thread sleeps until the
 * earliest that it knew of was due, there or not. What is due later is left to the heap of the superclass. Nothing runs
 * before its time, and the lists' length in time makes nothing late.
 */
final class DeadlineWheel extends ScheduledThreadPoolExecutor {
    private static final int SLOTS = 1024;
    private static final int SLOT_SHIFT = 26;
    /** All of one turn of the wheel but the slot in which now is, and the next one: a list holds one turn alone. */
    private static final long SPAN_NANOS = (SLOTS - 2L) << SLOT_SHIFT;
    private static final long NOT_ARMED = Long.MAX_VALUE;

    private final Slot[] slots = new Slot[SLOTS];
    private final long begin = System.nanoTime();
    /** When the thread wakes for the wheel, in {@link #now}; not after anything in it is due. */
    private final AtomicLong armed = new AtomicLong(NOT_ARMED);

    /** What is due in one stretch of time, in no order. */
    private static final class Slot {
        // Guarded by this.
        private @Nullable Entry first;

        synchronized void add(Entry entry) {
            Entry next = first;
            entry.next = next;
            if (next != null) {
                next.previous = entry;
            }
            first = entry;
            entry.isLinked = true;
        }

        synchronized void remove(Entry entry) {
            if (!entry.isLinked) {
                return;
            }
            entry.isLinked = false;
            Entry next = entry.next;
            Entry previous = entry.previous;
            if (next != null) {
                next.previous = previous;
            }
            if (previous != null) {
                previous.next = next;
            } else {
                first = next;
            }
            entry.next = null;
            entry.previous = null;
        }

        /** Adds those that are due to the list. */
        synchronized void collect(long now, List<Entry> due) {
            for (Entry entry = first; entry != null; entry = entry.next) {
                if (entry.at <= now) {
                    due.add(entry);
                }
            }
        }

        synchronized long earliest() {
            long earliest = NOT_ARMED;
            for (Entry entry = first; entry != null; entry = entry.next) {
                earliest = Math.min(earliest, entry.at);
            }
            return earliest;
        }
    }

    /** One task. Ends, and so is unlinked, by running or by being cancelled. */
    private final class Entry extends FutureTask<@Nullable Void> implements ScheduledFuture<@Nullable Void> {
        private final long at;
        // Guarded by the slot.
        private @Nullable Entry next;
        private @Nullable Entry previous;
        private boolean isLinked;

        Entry(Runnable task, long at) {
            super(task, null);
            this.at = at;
        }

        @Override
        protected void done() {
            slotOf(at).remove(this);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(at - now(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    DeadlineWheel(ThreadFactory threads) {
        super(1, threads);
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    /** Nanoseconds since this clock was made: positive, so that times compare as numbers. */
    private long now() {
        return System.nanoTime() - begin;
    }

    private Slot slotOf(long at) {
        return slots[(int) (at >>> SLOT_SHIFT) & SLOTS - 1];
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        long nanos = unit.toNanos(delay);
        if (nanos <= 0 || nanos > SPAN_NANOS) {
            return super.schedule(task, delay, unit);
        }
        long at = now() + nanos;
        Entry entry = new Entry(task, at);
        slotOf(at).add(entry);
        // After it was added: who turns the wheel disarms first, and then looks into this slot.
        arm(at);
        return entry;
    }

    private void arm(long at) {
        for (long before = armed.get(); at < before; before = armed.get()) {
            if (armed.compareAndSet(before, at)) {
                super.schedule(this::turn, at - now(), TimeUnit.NANOSECONDS);
                return;
            }
        }
    }

    /** By the only thread. */
    private void turn() {
        long now = now();
        long at;
        do {
            at = armed.get();
            if (at > now) {
                // Armed for an earlier time meanwhile, which has been; for this one another turn is scheduled.
                return;
            }
        } while (!armed.compareAndSet(at, NOT_ARMED));
        List<Entry> due = new ArrayList<>();
        long slot = at >>> SLOT_SHIFT;
        for (long last = Math.min(now >>> SLOT_SHIFT, slot + SLOTS - 1); slot <= last; slot++) {
            slotOf(slot << SLOT_SHIFT).collect(now, due);
        }
        due.forEach(Entry::run);
        arm(earliestAfter(now));
    }

    /** When the next is due, if everything until now has been taken out. */
    private long earliestAfter(long now) {
        long earliest = NOT_ARMED;
        long first = now >>> SLOT_SHIFT;
        for (long slot = first; slot < first + SLOTS; slot++) {
            long found = slotOf(slot << SLOT_SHIFT).earliest();
            earliest = Math.min(earliest, found);
            // After a pause of the process some may lie here whose turn of the wheel is the next.
            if (found >>> SLOT_SHIFT == slot) {
                return earliest;
            }
        }
        return earliest;
    }
}
