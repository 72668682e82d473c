package dev.homeport.lpc;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The ports that one reader polls, and when one of them is left to its bell. The reader adds ports and drops them; any
 * reader may add some while there are others; who finds the reader stuck in user code takes all of them away.
 *
 * <p>A port is marked {@link LpcPort#polled} from before it is added until after it was taken out. So the mark may be
 * seen while nobody polls the port yet, or any more: whoever takes it back calls {@link LpcPort#ensureWatched} then, or
 * has the role and calls it when it gives that up.
 */
final class PolledPorts {
    /** A look at a port costs some 20 ns, its bell both sides some 5 us in system calls (2026-11-23). */
    private static final int MAX_VAIN_POLLS = 256;
    /** What a port's bell costs both sides: for so long its peer may be away from a processor before it is cheaper. */
    private static final long BELL_NANOS = 10_000;
    private static final long MAX_BUSY_NANOS = 10_000_000;
    /** So many polled ports have more callers than there are processors. */
    private static final int MANY_PORTS = 2 * Runtime.getRuntime().availableProcessors();
    private static final LpcPort[] NONE = {};

    /** Never changed in place: each set of ports is an array of its own. */
    private final AtomicReference<LpcPort[]> ports = new AtomicReference<>(NONE);
    /** Something has come so lately that ports stay polled of which each alone would not be. Of the reader. */
    private long busyUntilNanos;

    /** Not to be written to. Any thread. */
    LpcPort[] all() {
        return ports.get();
    }

    /** Any thread. */
    boolean isEmpty() {
        return ports.get().length == 0;
    }

    static boolean areMany(LpcPort[] ports) {
        return ports.length >= MANY_PORTS;
    }

    // ---- adding ----

    /**
     * Before a reader polls the port. With its role, or by who has taken it from a reader together with its mark.
     *
     * @param nanos for how long it is polled if nothing comes
     */
    static void mark(LpcPort port, long nanos) {
        port.vainPolls = 0;
        port.pollUntilNanos = System.nanoTime() + nanos;
        // Volatile, and before the port is added: who polls it may drop it at once, and takes the mark back then.
        port.polled = true;
    }

    /** After {@link #mark}. By the reader. */
    void add(LpcPort... marked) {
        LpcPort[] before;
        do {
            before = ports.get();
        } while (!ports.compareAndSet(before, with(before, marked)));
    }

    /** Adds ports unless there are none here. After {@link #mark}, by any reader. */
    boolean tryAddToOthers(LpcPort... marked) {
        LpcPort[] before;
        do {
            before = ports.get();
            if (before.length == 0) {
                // The reader may be on its way to sleep.
                return false;
            }
        } while (!ports.compareAndSet(before, with(before, marked)));
        return true;
    }

    private static LpcPort[] with(LpcPort[] ports, LpcPort[] others) {
        LpcPort[] more = Arrays.copyOf(ports, ports.length + others.length);
        System.arraycopy(others, 0, more, ports.length, others.length);
        return more;
    }

    // ---- taking out ----

    /** All ports, with their marks, for whoever calls this: to have them polled on, or to leave them to their bells. */
    LpcPort[] takeAll() {
        return ports.getAndSet(NONE);
    }

    /** Ports that nobody polls any more. */
    static void leaveToBells(LpcPort[] taken) {
        // All marks first: looking after a port may tell of its end, and fail.
        for (LpcPort port : taken) {
            port.polled = false;
        }
        for (LpcPort port : taken) {
            port.ensureWatched();
        }
    }

    /**
     * Leaves ports to their bell: all when nothing has come to any of them for some time; one, while others are busy,
     * when looking at it has cost as much as its bell would. By the reader.
     *
     * @param progress whether something has come in the last round
     */
    void leaveIdle(boolean progress, long now) {
        LpcPort[] polled = ports.get();
        if (progress) {
            busyUntilNanos = now + Math.clamp(polled.length * BELL_NANOS, SpinBudget.MAX_NANOS, MAX_BUSY_NANOS);
        }
        boolean busy = now - busyUntilNanos < 0;
        Set<LpcPort> idle = Set.of();
        for (LpcPort port : polled) {
            if (port.pollProgress) {
                port.pollProgress = false;
                port.vainPolls = 0;
                port.readerSpin.paid();
                port.pollUntilNanos = now + SpinBudget.MAX_NANOS;
            } else if (now - port.pollUntilNanos > 0 && (!busy || port.vainPolls > MAX_VAIN_POLLS)
                    || port.role.isClosed()) {
                port.readerSpin.didNotPay();
                idle = idle.isEmpty() ? new HashSet<>() : idle;
                idle.add(port);
            }
        }
        if (!idle.isEmpty()) {
            leaveToBells(takeOut(idle));
        }
    }

    /** Those of them that are still here: the others were taken meanwhile, and somebody else looks after them. */
    private LpcPort[] takeOut(Set<LpcPort> idle) {
        LpcPort[] before;
        LpcPort[] after;
        do {
            before = ports.get();
            after = Arrays.stream(before).filter(port -> !idle.contains(port)).toArray(LpcPort[]::new);
        } while (!ports.compareAndSet(before, after));
        return Arrays.stream(before).filter(idle::contains).toArray(LpcPort[]::new);
    }
}
