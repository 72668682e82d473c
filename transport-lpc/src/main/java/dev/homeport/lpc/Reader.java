package dev.homeport.lpc;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.syscall.Epoll;
import dev.homeport.lpc.syscall.EpollEvents;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Futex;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.ReadTurn;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A background reader: one thread that reads ports nobody else reads, and its turn. Asleep it waits in the
 * epoll of {@link Readers}; while spinning pays it polls the ports that were active ({@link #polled}).
 *
 * <p>In user code it can lose its turn and its polled ports to whoever takes over; {@link #stay} says
 * whether it has.
 */
final class Reader implements Runnable, ReadTurn {
    private static final Logger LOG = Logger.getLogger(Reader.class.getName());
    private static final int EVENTS = 64;
    private static final int FRAMES_PER_VISIT = 256;
    private static final int SPINS_BETWEEN_LOOKS = 32;
    /** Rounds over the polled ports, something in each, between looks at the clock. */
    private static final int BUSY_POLLS_BETWEEN_LOOKS = 16;
    /** A reader that waits for events wakes this seldom to look for itself. */
    static final long SAFETY_NET_NANOS = 10_000_000_000L;
    /** Between looks for doorbells while polling; a system call each. */
    private static final long LOOK_NANOS = 100_000;
    private static final int NOT_IN_USER_CODE = 0;
    private static final VarHandle STAY;

    static {
        try {
            STAY = MethodHandles.lookup().findVarHandle(Reader.class, "stay", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Readers readers;
    private final EpollEvents events = new EpollEvents(EVENTS);
    private final DoorbellReader doorbell = new DoorbellReader();

    /** Where it reads frames to; of this thread. */
    final byte[] frame = new byte[RecordLayout.MAX_FRAME_BYTES];

    private final PolledPorts polled = new PolledPorts();
    /** This thread counts as one that spins. */
    private final AtomicBoolean spinning = new AtomicBoolean();

    /** The port that this thread sleeps for alone, and what it expects to find in its words when it does. */
    private @Nullable LpcPort kept;
    private int tailWord;
    private int expectedWord;
    /** Bumped to end such a sleep. */
    private final OwnWord word = new OwnWord();

    private long nextLookNanos;
    private int busyPolls;
    /** Events of the last look that are not handled yet. */
    private int nextEvent;
    private int eventCount;

    // Of this thread, read by the watchdog after stay.
    private @Nullable LpcPort current;
    /** Counts stays, so that the watchdog knows a long one from many short ones. */
    private int stays;
    /** The role's word of the present stay in user code, or {@link #NOT_IN_USER_CODE}. Written through {@link #STAY}. */
    private volatile int stay;

    private boolean turnLost;
    /** When user code gave the turn up to wait; 0 if it did not. */
    private long waitsSinceNanos;
    private boolean onlyWaited;

    Reader(Readers readers) {
        this.readers = readers;
    }

    @Override
    public void run() {
        while (true) {
            try {
                if (kept != null) {
                    waitForBell(kept);
                } else if (polled.isEmpty()) {
                    waitForEvents();
                } else {
                    poll();
                }
            } catch (Throwable t) {
                LOG.log(Level.SEVERE, "reader failed and goes on", t);
            }
        }
    }

    // ---- asleep ----

    private void waitForEvents() {
        endSpinning();
        readers.beginWait();
        int count;
        try {
            count = Epoll.await(readers.epoll(), events, SAFETY_NET_NANOS);
        } finally {
            readers.endWait();
        }
        handle(count);
        castNet(System.nanoTime());
    }

    /** Sleeps for one port alone, which spares the peer a socket, and us its doorbell. */
    private void waitForBell(LpcPort port) {
        endSpinning();
        long end = System.nanoTime() + SAFETY_NET_NANOS;
        int result = 0;
        if (!port.isClosing() && !port.wantsRoom()) {
            result = port.awaitTail(tailWord, word.address(), expectedWord, end);
        }
        stopKeeping(port);
        try {
            if (port.role.tryAcquire()) {
                if (result == -Errno.ETIMEDOUT && port.hasWork()) {
                    port.netCaught("keeper", System.nanoTime() - end);
                }
                readers.noteBell(port);
                if (result == 0 && !port.hasWork()) {
                    // Called ahead of what is still being copied.
                    beginPolling(port, SpinBudget.CALLED_AHEAD_NANOS);
                }
                readUntilSettled(port);
            }
        } finally {
            port.leave();
        }
        castNet(System.nanoTime());
    }

    /** Sleeps for this port alone from now on, if nothing else is to be done. With the role of the port. */
    private boolean tryKeeping(LpcPort port) {
        if (nextEvent < eventCount || !polled.isEmpty() || readers.anyKicked() || port.wantsRoom()
                || !Futex.hasWaitAny()) {
            return false;
        }
        // Before others learn who keeps: a wake-up from then on must end the sleep. Partner: Readers.endWait.
        expectedWord = word.value();
        if (!readers.tryKeep(this, port)) {
            return false;
        }
        if (!port.enter()) {
            readers.endKeeping();
            return false;
        }
        kept = port;
        port.keeper = this;
        return true;
    }

    private void stopKeeping(LpcPort port) {
        kept = null;
        port.keeper = null;
        readers.endKeeping();
    }

    /** Ends a sleep for one port. */
    void wakeUp() {
        word.bump();
        word.wake();
    }

    /**
     * Reads what was left lying by whoever should have read it or rung for it, and counts it: nothing, if all is well.
     * Records that never ring, such as releases, may lie for as long.
     */
    private void castNet(long now) {
        if (kept != null || !readers.netIsDue(now)) {
            return;
        }
        for (LpcPort port : readers.all()) {
            if (kept != null) {
                return;
            }
            if (!port.role.tryAcquire()) {
                continue;
            }
            if (port.isForgotten()) {
                long before = port.handedOver();
                readAll(port);
                if (port.handedOver() > before) {
                    port.netCaught("reader", 0);
                }
                if (!turnLost) {
                    readUntilSettled(port);
                }
            } else {
                port.role.release();
                port.ensureWatched();
            }
        }
    }

    /** While all other readers are busy, one that polls must look for doorbells now and then. */
    private void lookForEvents(long now) {
        if (now - nextLookNanos > 0 && !readers.anyWaits()) {
            nextLookNanos = now + LOOK_NANOS;
            handle(Epoll.await(readers.epoll(), events, 0));
        }
    }

    private void handle(int count) {
        nextEvent = 0;
        eventCount = count;
        while (nextEvent < eventCount) {
            long id = events.data(nextEvent++);
            if (readers.isKick(id)) {
                readers.drainKicks();
                visitKicked();
                continue;
            }
            LpcPort port = readers.port(id);
            if (port != null) {
                ring(port);
            }
        }
    }

    /** Events come once: those not handled yet must not wait for user code that may be slow. */
    private void leaveEventsToOthers() {
        boolean any = readers.anyKicked();
        for (; nextEvent < eventCount; nextEvent++) {
            any = true;
            LpcPort port = readers.port(events.data(nextEvent));
            if (port != null) {
                readers.leaveBell(port);
            }
        }
        if (any) {
            readers.signalKicks();
        }
    }

    private void visitKicked() {
        LpcPort[] orphans;
        while (kept == null && (orphans = readers.nextOrphans()) != null) {
            boolean adopted = false;
            try {
                adopt(orphans);
                adopted = true;
            } finally {
                if (!adopted) {
                    PolledPorts.leaveToBells(orphans);
                }
            }
        }
        LpcPort port;
        while (kept == null && (port = readers.nextBell()) != null) {
            ring(port);
        }
        while (kept == null && (port = readers.nextKicked()) != null) {
            visit(port);
        }
    }

    /** Reads a port that rang: first what it rang for, then the bell, which costs two system calls. */
    private void ring(LpcPort port) {
        readers.noteBell(port);
        boolean mine = port.role.tryAcquire();
        if (mine) {
            readAll(port);
            mine = !turnLost;
        }
        boolean open = port.readDoorbell(doorbell);
        if (mine) {
            readUntilSettled(port);
        } else {
            visit(port);
        }
        if (!open) {
            port.close(EndCause.of(EndCause.Kind.PEER_DEATH, "its end of the socket pair is closed"));
        } else if (port.peerProcessEnded) {
            port.close(EndCause.of(EndCause.Kind.PEER_DEATH, "its process has ended and left its end to another"));
        }
    }

    /** Reads a port, from another thread's slow user code if need be. */
    private void visit(LpcPort port) {
        if (port.tryAcquireForReader()) {
            readUntilSettled(port);
        }
    }

    /** Reads, and decides whether to poll the port from now on. With its role. */
    private void readUntilSettled(LpcPort port) {
        do {
            readAll(port);
            if (turnLost) {
                return;
            }
        } while (!port.isClosing() && !settle(port));
        port.role.release();
        port.ensureWatched();
    }

    /** Polls the port from now on, or lets the peer ring; false if there is work before that. */
    private boolean settle(LpcPort port) {
        if (port.polled || tryPolling(port)) {
            return true;
        }
        boolean keeps = tryKeeping(port);
        port.arm();
        if (!port.hasWork()) {
            tailWord = port.queue.knownTailWord();
            return true;
        }
        if (keeps) {
            stopKeeping(port);
            port.leave();
        }
        return false;
    }

    /** Reads until there is nothing more, or the turn is lost. With the role of the port. */
    private int readAll(LpcPort port) {
        current = port;
        turnLost = false;
        int all = 0;
        int frames;
        do {
            frames = port.drain(this, null, FRAMES_PER_VISIT);
            all += frames;
        } while (frames > 0 && !turnLost && !port.isClosing());
        return all;
    }

    // ---- polling ----

    private boolean tryPolling(LpcPort port) {
        long nanos = port.readerSpin.nanos();
        if (nanos > 0 && beginPolling(port, nanos)) {
            return true;
        }
        // One more costs who polls anyway next to nothing. With many busy ports, of which each alone is idle for long, it
        // is the only way in: their tries come too seldom to meet.
        return readers.anyPolls() && tryGiveAway(port, Math.max(nanos, SpinBudget.MAX_NANOS));
    }

    private boolean beginPolling(LpcPort port, long nanos) {
        if (!tryBeginSpinning()) {
            return false;
        }
        if (!port.polled) {
            PolledPorts.mark(port, nanos);
            polled.add(port);
        }
        port.setReading();
        readers.watchdog.activate();
        return true;
    }

    /** Has whoever polls already poll this port too. With its role. */
    private boolean tryGiveAway(LpcPort port, long nanos) {
        PolledPorts.mark(port, nanos);
        if (readers.giveToWhoPolls(port)) {
            port.setReading();
            return true;
        }
        // Who saw the mark meanwhile did not look after the port; whoever releases the role does, by ensureWatched.
        port.polled = false;
        return false;
    }

    /** Polls on what a reader polled that is stuck in user code. */
    private void adopt(LpcPort[] orphans) {
        for (LpcPort port : orphans) {
            PolledPorts.mark(port, SpinBudget.MAX_NANOS);
        }
        if (readers.giveToWhoPolls(orphans)) {
            return;
        }
        if (!tryBeginSpinning()) {
            PolledPorts.leaveToBells(orphans);
            return;
        }
        polled.add(orphans);
        readers.watchdog.activate();
    }

    /** Has this one poll these too if it polls some already. After {@link PolledPorts#mark}, by any reader. */
    boolean tryPollToo(LpcPort... marked) {
        return polled.tryAddToOthers(marked);
    }

    private boolean tryBeginSpinning() {
        if (!spinning.get()) {
            if (!SpinBudget.tryBeginSpin()) {
                return false;
            }
            spinning.set(true);
        }
        return true;
    }

    private void poll() {
        boolean progress = false;
        for (int spins = 0; spins < SPINS_BETWEEN_LOOKS && !progress; spins++) {
            LpcPort[] ports = polled.all();
            for (LpcPort port : ports) {
                if (!port.role.tryAcquire()) {
                    continue;
                }
                int frames = readAll(port);
                if (frames > 0) {
                    progress = true;
                    port.pollProgress = true;
                } else {
                    port.vainPolls++;
                }
                if (turnLost) {
                    resume(port);
                    return;
                }
                port.role.release();
                // Polling may have been taken from us meanwhile.
                port.ensureWatched();
            }
            if (!progress) {
                pause(ports);
            }
        }
        if (!progress || !PolledPorts.areMany(polled.all()) || ++busyPolls % BUSY_POLLS_BETWEEN_LOOKS == 0) {
            lookUp(progress);
        }
    }

    /** Nothing there. With many peers there are more threads than processors, and one of them is what we wait for. */
    private static void pause(LpcPort[] ports) {
        if (PolledPorts.areMany(ports)) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }

    /**
     * Reads on after user code in which the turn was given up, as for a callback that the handler waited for: left to
     * its bell, the port would cost the next call a wake-up. Unless another thread reads it now.
     */
    private void resume(LpcPort port) {
        if (port.role.tryAcquire()) {
            readUntilSettled(port);
        }
    }

    /** Looks up from the polled ports, at the clock and at what else there is. */
    private void lookUp(boolean progress) {
        long now = System.nanoTime();
        polled.leaveIdle(progress, now);
        lookForEvents(now);
        castNet(now);
    }

    private void endSpinning() {
        if (spinning.compareAndSet(true, false)) {
            SpinBudget.endSpin();
        }
    }

    // ---- user code ----

    @Override
    public boolean tryEnterUserCode() {
        if (!readers.tryEnterUserCode()) {
            return false;
        }
        leaveEventsToOthers();
        LpcPort port = current;
        port.publishBeforeUserCode();
        if (!port.polled) {
            leaveToOthers(port);
        }
        stays++;
        waitsSinceNanos = 0;
        // Release: the watchdog that sees it sees whose it is. It looks every half millisecond, no fence makes it see more.
        STAY.setRelease(this, port.role.enterUserCode());
        port.kickIfLeftAlone();
        return true;
    }

    /** Nobody polls the port while we are away: the peer rings for another reader, or the watchdog looks. */
    private void leaveToOthers(LpcPort port) {
        port.fallAsleep(OutboxLayout.EPOLL);
        if (port.hasWork() && !beginPolling(port, SpinBudget.MAX_NANOS)) {
            readers.kick(port);
        }
    }

    @Override
    public boolean leaveUserCode() {
        LpcPort port = current;
        int entered = stay;
        STAY.setRelease(this, NOT_IN_USER_CODE);
        readers.leftUserCode();
        Thread.interrupted();
        turnLost = !port.role.leaveUserCode(entered);
        onlyWaited = turnLost
                && waitsSinceNanos != 0
                && System.nanoTime() - waitsSinceNanos < Watchdog.TICK_NANOS;
        return !turnLost;
    }

    @Override
    public boolean onlyWaited() {
        return onlyWaited;
    }

    boolean isTurnLost() {
        return turnLost;
    }

    // ---- taking over, by the watchdog, or by this thread when it is about to wait in user code ----

    /** Called by a thread that is about to wait: what it reads must not wait with it. */
    static void giveUpBeforeWaiting(Thread thread) {
        if (thread instanceof ReaderThread reader && reader.reader.isInUserCode()) {
            reader.reader.beginUserWait();
            reader.reader.relieve();
        }
    }

    /**
     * Called by a thread that has waited, with the role: a reader whose handler waited for a call on the port that it
     * reads polls it again from now on, if that paid. The next call then rings nobody.
     */
    static boolean pollsAgain(Thread thread, LpcPort port) {
        return thread instanceof ReaderThread reader
                && reader.reader.isInUserCode()
                && reader.reader.current == port
                && reader.reader.tryPolling(port);
    }

    private void beginUserWait() {
        if (waitsSinceNanos == 0) {
            waitsSinceNanos = System.nanoTime();
        }
    }

    /** A thread that runs a reader. */
    static final class ReaderThread extends Thread {
        private final Reader reader;

        ReaderThread(Reader reader, String name) {
            super(reader, name);
            this.reader = reader;
            setDaemon(true);
        }
    }

    /** After {@link #isInUserCode}. */
    int stays() {
        return stays;
    }

    boolean isInUserCode() {
        return stay != NOT_IN_USER_CODE;
    }

    boolean isPolling() {
        return !polled.isEmpty();
    }

    /** Takes the turn and the polled ports from a reader that has been in user code for too long. */
    void relieve() {
        int seen = stay;
        LpcPort port = current;
        if (seen == NOT_IN_USER_CODE || port == null) {
            return;
        }
        boolean taken = port.role.tryTakeOver(seen);
        LpcPort[] left = polled.takeAll();
        endSpinning();
        // First, as telling of an end may fail: nobody else knows of these any more.
        if (PolledPorts.areMany(left)) {
            readers.leavePolled(left);
        } else {
            PolledPorts.leaveToBells(left);
        }
        if (taken) {
            port.takeOvers.increment();
            port.finishDrainOfAnother();
            port.setReading();
            port.role.release();
            port.ensureWatched();
        }
    }
}
