package dev.homeport.lpc;

import dev.homeport.lpc.queue.ReadRole;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that are parked, or about to park, until the turn to read is free or their reply is there. Of one port.
 * Any thread.
 */
final class Followers {
    private final ConcurrentLinkedQueue<Thread> parked = new ConcurrentLinkedQueue<>();

    /**
     * Before a thread parks. Who gives the role up looks here after that, so at least one of the two sees the other.
     *
     * @return whether the thread must not park for the role's sake: it is free
     */
    boolean enlist(Thread thread, ReadRole role) {
        parked.add(thread);
        return role.isFree();
    }

    /** It is awake. */
    void strike(Thread thread) {
        parked.remove(thread);
    }

    boolean isEmpty() {
        return parked.isEmpty();
    }

    /** Wakes one to take the role, which was given up before; false if there is none. */
    boolean promoteOne() {
        Thread next = parked.poll();
        if (next == null) {
            return false;
        }
        LockSupport.unpark(next);
        return true;
    }

    void wakeAll() {
        parked.forEach(LockSupport::unpark);
    }
}
