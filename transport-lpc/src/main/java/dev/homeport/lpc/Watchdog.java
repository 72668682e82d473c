package dev.homeport.lpc;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Relieves readers that are stuck in user code, and ports whose caller is stuck in a callback: the one thread of the
 * process that looks every half millisecond while there may be any, and is parked otherwise. A reader that does not
 * poll needs no watching: its port rings for another reader.
 */
final class Watchdog implements Runnable {
    /** A handler keeps its reader for one to two of these. */
    static final long TICK_NANOS = 500_000;
    /** Ticks without a polling reader before parking. More of them were half of what a paced call cost (2026-11-23). */
    private static final int IDLE_TICKS = 2;

    private final Reader[] readers;
    private final int[] staysSeen;
    private volatile boolean active;
    /** Whose callers serve callbacks now and then. */
    private final Queue<LpcPort> absences = new ConcurrentLinkedQueue<>();
    private volatile Thread thread = Thread.currentThread();

    Watchdog(Reader[] readers) {
        this.readers = readers;
        this.staysSeen = new int[readers.length];
    }

    /** A caller begins to serve a callback, and nobody reads the port meanwhile. */
    void watch(LpcPort port) {
        absences.add(port);
        activate();
    }

    /** A reader begins to poll. */
    void activate() {
        if (!active) {
            active = true;
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        int idleTicks = 0;
        while (true) {
            if (idleTicks >= IDLE_TICKS) {
                active = false;
                if (!isNeeded()) {
                    LockSupport.park(this);
                }
                active = true;
                idleTicks = 0;
            }
            LockSupport.parkNanos(this, TICK_NANOS);
            idleTicks = isNeeded() ? 0 : idleTicks + 1;
            relieveStuck();
            absences.removeIf(port -> !port.checkAbsence());
        }
    }

    private boolean isNeeded() {
        if (!absences.isEmpty()) {
            return true;
        }
        for (Reader reader : readers) {
            if (reader.isPolling()) {
                return true;
            }
        }
        return false;
    }

    private void relieveStuck() {
        for (int i = 0; i < readers.length; i++) {
            Reader reader = readers[i];
            boolean inUserCode = reader.isInUserCode();
            int stays = reader.stays();
            if (inUserCode && stays == staysSeen[i]) {
                reader.relieve();
            }
            staysSeen[i] = stays;
        }
    }
}
