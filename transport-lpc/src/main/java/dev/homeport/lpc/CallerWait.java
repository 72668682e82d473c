package dev.homeport.lpc;

import static dev.homeport.lpc.memory.OutboxLayout.*;

import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Futex;
import dev.homeport.spi.ReadTurn;
import dev.homeport.spi.Waiter;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Callers that wait for a reply on one port. One of them, the leader, has the turn to read and reads for all;
 * the others park until the leader has delivered to them or has left. A leader with nothing to read spins
 * while that pays, then sleeps in a futex on the peer's tail, on the peer's cursor if somebody waits for room, and on a
 * word of our own that every local reason bumps. Virtual threads never sleep there: they give the turn up and park.
 */
final class CallerWait {
    private static final VarHandle LEADER;

    static {
        try {
            LEADER = MethodHandles.lookup().findVarHandle(CallerWait.class, "leader", Waiter.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A waiting caller runs no user code while it reads. */
    static final ReadTurn TURN = new ReadTurn() {
        @Override
        public boolean tryEnterUserCode() {
            return false;
        }

        @Override
        public boolean leaveUserCode() {
            throw new AssertionError("never entered");
        }
    };

    /** A wait for which no reason to wake is known ends after this long, and is counted if there was one. */
    private static final long SAFETY_NET_NANOS = 1_000_000_000;

    private static final int SPINS_BETWEEN_LOOKS = 32;
    private static final int FOLLOWER_SPINS = 64;
    /**
     * A follower steps aside so often before it parks. With more callers than processors its reply is there when its
     * turn on the processor comes again: 32 callers on 2 processors made 900,000 calls/s, and 220,000 parking at once
     * (2026-11-23); 16 were no better than 4.
     */
    private static final int FOLLOWER_YIELDS = 4;

    private final LpcPort port;
    private final MemorySegment peer;
    /** Bumped to wake the leader. */
    private final OwnWord ownWord = new OwnWord();
    private final Interruptor interruptor = new Interruptor(this::wakeLeader);

    private final Followers followers = new Followers();
    /** Written with the role, through {@link #LEADER}. */
    private volatile @Nullable Waiter leader;
    private volatile boolean leaderSleeps;
    /** The peer slept when it was sent something, and has not been awake since. With the role. */
    private boolean peerSlept;

    CallerWait(LpcPort port, Endpoint endpoint) {
        this.port = port;
        this.peer = endpoint.peer().segment();
    }

    /** See {@link dev.homeport.spi.FramePort#await}. */
    void await(Waiter waiter) {
        Thread thread = Thread.currentThread();
        Reader.giveUpBeforeWaiting(thread);
        port.endAbsence();
        waiter.slot(thread);
        boolean rung = false;
        boolean slept = false;
        // A second look would take the frame from the follower that the first one woke for it.
        boolean looked = false;
        try {
            while (mustWait(waiter)) {
                if (port.role.tryAcquire()) {
                    if (!rung) {
                        rung = true;
                        slept = port.ringAwake();
                    }
                    boolean given = lead(waiter, thread.isVirtual(), slept);
                    port.role.release();
                    port.ensureWatched();
                    looked = !given;
                    if (given) {
                        park(waiter, thread);
                    }
                } else {
                    looked = false;
                    if (!rung) {
                        rung = true;
                        port.ring();
                    }
                    follow(waiter, thread);
                }
            }
        } finally {
            waiter.slot(null);
            if (!rung) {
                port.ring();
            }
            if (!looked) {
                port.ensureWatched();
            }
        }
    }

    private boolean mustWait(Waiter waiter) {
        if (waiter.isDone() || port.role.isClosed() || Thread.currentThread().isInterrupted()) {
            return false;
        }
        long deadline = waiter.deadlineNanos();
        return deadline == Waiter.NO_DEADLINE || deadline - System.nanoTime() > 0;
    }

    // ---- the leader: has the role ----

    /**
     * Reads until the waiter is served or must stop.
     *
     * @param slept whether the peer slept when it was sent what the waiter waits for
     * @return true if it gives the turn up although it has to wait on
     */
    private boolean lead(Waiter waiter, boolean virtual, boolean slept) {
        // Release: who sleeps says so with a full fence and then looks once more whether its waiter is served.
        LEADER.setRelease(this, waiter);
        port.setReading();
        try {
            while (true) {
                int frames = port.drain(TURN, waiter, Integer.MAX_VALUE);
                if (waiter.isDone() || port.isClosing()) {
                    return false;
                }
                if (frames > 0 || spin(waiter, slept)) {
                    continue;
                }
                if (!mustWait(waiter)) {
                    return false;
                }
                if (virtual || !Futex.hasWaitAny()) {
                    return true;
                }
                boolean rung = sleep(waiter);
                if (!mustWait(waiter)) {
                    return false;
                }
                if (rung && !port.hasWork()) {
                    spinFor(waiter, SpinBudget.CALLED_AHEAD_NANOS);
                }
            }
        } finally {
            // Release: who sees it late wakes for nothing.
            LEADER.setRelease(this, null);
            if (!port.polled && followers.isEmpty() && !Reader.pollsAgain(Thread.currentThread(), port)) {
                if (waiter.isDone() && waiter.comesBack() && !port.isClosing()) {
                    port.beginAbsence();
                } else {
                    // The common end of a call. A frame that came meanwhile is found by ensureWatched.
                    armOnLeaving();
                }
            }
        }
    }

    private void armOnLeaving() {
        port.arm();
        if (port.hasWork()) {
            port.setReading();
        }
    }

    /** Looks for a frame for as long as it pays; true if something came, or the waiter is done. */
    private boolean spin(Waiter waiter, boolean slept) {
        // A peer that did not sleep works for us although its word says asleep: so a caller that serves a callback.
        if (slept && (Words.getIntOpaque(peer, ASLEEP) & SLEEP_MASK) != READING) {
            // It has to be woken, perhaps on this processor, which it had better find free.
            peerSlept = true;
            return false;
        }
        if (peerSlept) {
            peerSlept = false;
            port.callerSpin.tryNext();
        }
        long budget = port.callerSpin.nanos();
        if (budget == 0) {
            return false;
        }
        if (spinFor(waiter, budget)) {
            port.callerSpin.paid();
            return true;
        }
        port.callerSpin.didNotPay();
        return false;
    }

    private boolean spinFor(Waiter waiter, long nanos) {
        if (!SpinBudget.tryBeginSpin()) {
            return false;
        }
        try {
            long end = System.nanoTime() + nanos;
            do {
                for (int i = 0; i < SPINS_BETWEEN_LOOKS; i++) {
                    if (port.hasWork() || waiter.isDone()) {
                        return true;
                    }
                    Thread.onSpinWait();
                }
            } while (System.nanoTime() - end < 0 && !port.isClosing() && !Thread.currentThread().isInterrupted());
            return false;
        } finally {
            SpinBudget.endSpin();
        }
    }

    /** Returns whether the peer rang. */
    private boolean sleep(Waiter waiter) {
        boolean rung = false;
        int expectedOwn = ownWord.value();
        leaderSleeps = true;
        port.fallAsleep(FUTEX);
        if (!port.hasWork() && mustWait(waiter) && !port.isClosing()) {
            rung = awaitWords(waiter, expectedOwn);
        }
        leaderSleeps = false;
        port.setReading();
        return rung;
    }

    private boolean awaitWords(Waiter waiter, int expectedOwn) {
        long net = System.nanoTime() + SAFETY_NET_NANOS;
        long deadline = waiter.deadlineNanos();
        boolean byNet = deadline == Waiter.NO_DEADLINE || deadline - net > 0;
        interruptor.beginWait();
        try {
            long end = byNet ? net : deadline;
            int result = port.wantsRoom()
                    ? port.awaitTailOrRoom(ownWord.address(), expectedOwn, end)
                    : port.awaitTail(port.queue.knownTailWord(), ownWord.address(), expectedOwn, end);
            if (byNet && result == -Errno.ETIMEDOUT && port.hasWork()) {
                port.netCaught("caller", System.nanoTime() - net);
            }
            return result == 0;
        } finally {
            interruptor.endWait();
        }
    }

    // ---- followers ----

    private void follow(Waiter waiter, Thread thread) {
        for (int i = 0; i < FOLLOWER_SPINS; i++) {
            if (waiter.isDone() || port.role.isFree()) {
                return;
            }
            Thread.onSpinWait();
        }
        for (int i = 0; i < FOLLOWER_YIELDS; i++) {
            if (waiter.isDone() || port.role.isFree()) {
                return;
            }
            Thread.yield();
        }
        park(waiter, thread);
    }

    private void park(Waiter waiter, Thread thread) {
        boolean free = followers.enlist(thread, port.role);
        try {
            boolean reader = thread.isVirtual() || !Futex.hasWaitAny();
            while (mustWait(waiter) && (reader || !free)) {
                long deadline = waiter.deadlineNanos();
                long left = deadline == Waiter.NO_DEADLINE ? SAFETY_NET_NANOS : deadline - System.nanoTime();
                LockSupport.parkNanos(this, Math.min(left, SAFETY_NET_NANOS));
                free = port.role.isFree();
                if (reader && free && port.isReading() && !port.polled) {
                    return;
                }
            }
        } finally {
            followers.strike(thread);
        }
    }

    /** Wakes a follower to take the turn; false if there is none. */
    boolean promoteOne() {
        return followers.promoteOne();
    }

    // ---- waking ----

    /** See {@link dev.homeport.spi.FramePort#wake}. */
    void wake(Waiter waiter) {
        Object slot = waiter.slot();
        if (slot == null || slot == Thread.currentThread()) {
            return;
        }
        if (leader == waiter) {
            wakeLeader();
        }
        LockSupport.unpark((Thread) slot);
    }

    private void wakeLeader() {
        ownWord.bump();
        if (leaderSleeps) {
            ownWord.wake();
        }
    }

    /** Somebody waits for room from now on: a leader that sleeps has to look out for that as well. */
    void lookOutForRoom() {
        if (leaderSleeps) {
            wakeLeader();
        }
    }

    /** The port ends. */
    void wakeAll() {
        wakeLeader();
        followers.wakeAll();
    }
}
