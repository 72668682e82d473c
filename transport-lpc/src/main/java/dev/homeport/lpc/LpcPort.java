package dev.homeport.lpc;

import static dev.homeport.lpc.memory.OutboxLayout.*;

import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.queue.QueueReader;
import dev.homeport.lpc.queue.ReadRole;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.queue.WakeWords;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Futex;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.Pidfd;
import dev.homeport.lpc.transfer.Announcement;
import dev.homeport.lpc.transfer.Bodies;
import dev.homeport.lpc.transfer.ControlRecord;
import dev.homeport.lpc.transfer.Pathway;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.PeerIdentity;
import dev.homeport.spi.PortCounters;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import dev.homeport.spi.Waiter;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A communication port: this side's end of a connection. Any thread sends; whoever has {@link #role} reads:
 * a caller that waits for its reply ({@link CallerWait}) or a {@link Reader}.
 *
 * <p>Who notices the next frame? Always one of: a thread that holds the role; a reader that polls the port
 * ({@link #polled}); the watchdog, while a caller that will read on is in a callback ({@link Absence}); the peer,
 * which rings because our ASLEEP word says EPOLL. Every thread that gives up
 * one of these calls {@link #ensureWatched}, which looks after the fact and so cannot be too early.
 *
 * <p>End: {@link #close} notes the cause; whoever can get the role then finishes, for ever.
 */
final class LpcPort implements FramePort, Pathway {
    private static final long NOTHING_UNREAD = -1;
    /** Copying so much takes no longer than a sleeper needs to wake; copying more than that, so long that it sleeps again. */
    private static final int CALL_AHEAD_FROM_BYTES = 16 * 1024;
    private static final int CALL_AHEAD_UP_TO_BYTES = 4 * 1024 * 1024;

    private static final Logger LOG = Logger.getLogger(LpcPort.class.getName());
    private static final VarHandle ASLEEP_HERE;
    private static final VarHandle LOOK_AGAIN;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            ASLEEP_HERE = lookup.findVarHandle(LpcPort.class, "asleep", int.class);
            LOOK_AGAIN = lookup.findVarHandle(LpcPort.class, "lookAgain", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Readers readers;
    private final Endpoint endpoint;
    private final MemorySegment own;
    private final long peerAddress;
    private final WakeWords words;
    private final SendSide sender;
    private final int maxFrameBytes;
    private final Bodies bodies;

    final ReadRole role = new ReadRole();
    final CallerWait callers;
    /**
     * A reader polls the port; then ASLEEP stays at READING while nobody reads. Written by readers and watchdog: set with
     * the role, taken back after the port was taken out of {@link PolledPorts}.
     */
    volatile boolean polled;
    /**
     * A doorbell was read while another thread had the role, which may have looked at the queue before it
     * rang. Cleared before each look, seen after the role is given up.
     */
    private volatile boolean lookAgain;
    private final Absence absence = new Absence();
    /** The reader that sleeps in a futex for this port alone, without the role. Written by that reader. */
    volatile @Nullable Reader keeper;
    /** The process that opened the connection has ended, by its pidfd. Written by the reader that was told. */
    volatile boolean peerProcessEnded;
    /**
     * When polling may end if nothing comes, whether something has, and how often nothing was there. Of the reader that
     * polls, or of one that has the role and gives the port to it.
     */
    long pollUntilNanos;
    boolean pollProgress;
    int vainPolls;
    /** As ASLEEP stands in our outbox. Written with the role, through {@link #ASLEEP_HERE}. */
    private volatile int asleep = EPOLL;

    // Guarded by the role.
    final QueueReader queue;
    final SpinBudget callerSpin = SpinBudget.ofCaller();
    /** While the port is polled, of the reader that polls it. */
    final SpinBudget readerSpin = SpinBudget.ofReader();
    /** Where callers read to; made for the first of them. Readers have their own, which stay in their cache. */
    private byte @Nullable [] frame;
    private @Nullable FrameReceiver receiver;
    private long framesRead;
    private long handedOver;
    /** Where something lay unread when the readers' safety net last looked; {@link #NOTHING_UNREAD} if nothing did. */
    private long unreadAtLastLook = NOTHING_UNREAD;
    /** The cursor was published and the peer not yet told of the room. */
    private boolean roomUntold;

    private final LongAdder safetyNetWakes = new LongAdder();
    private final Object doorbellTurn = new Object();
    final LongAdder takeOvers = new LongAdder();

    private final AtomicReference<@Nullable EndCause> endCause = new AtomicReference<>();

    LpcPort(Readers readers, Endpoint endpoint) {
        this.readers = readers;
        this.endpoint = endpoint;
        this.own = endpoint.own().segment();
        this.peerAddress = endpoint.peer().address();
        this.words = new WakeWords(own, endpoint.peer().segment());
        this.sender = new SendSide(endpoint, this::free);
        this.bodies = new Bodies(this, endpoint.bodyTerms(LpcTransport.background()));
        this.queue = new QueueReader(endpoint.own(), endpoint.peer());
        this.maxFrameBytes = RecordLayout.maxFrameBytes(endpoint.own().queueBytes());
        this.callers = new CallerWait(this, endpoint);
    }

    /**
     * Begins to read; the peer may have sent already.
     *
     * @param wantedSectionBytes section to make from the start; 0: none
     */
    void start(FrameReceiver frames, long wantedSectionBytes) {
        receiver = frames;
        if (sender.enter()) {
            // Within, as a port that ends meanwhile closes descriptors, whose numbers may be another port's at once.
            try {
                beWatched();
            } finally {
                sender.leave();
            }
        }
        readers.kick(this);
        bodies.prepare(wantedSectionBytes);
    }

    private void beWatched() {
        readers.add(this, endpoint.pairDescriptor());
        if (endpoint.identity().pidfdVerified()) {
            readers.watchProcess(this, endpoint.pidfd());
        }
        if (role.isClosed()) {
            // Who ended the port may have looked before we were there. Partner: tryFinish.
            readers.remove(this, endpoint.pairDescriptor(), endpoint.pidfd());
        }
    }

    // ---- sending ----

    @Override
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    @Override
    public Sent trySend(byte[] bytes, int offset, int length) {
        try {
            return heedRoom(sender.trySend(bytes, offset, length));
        } catch (ProtocolViolation e) {
            endElsewhere(e);
            return Sent.CLOSED;
        }
    }

    @Override
    public Sent trySendUnrung(byte[] bytes, int offset, int length) {
        try {
            return heedRoom(sender.trySendUnrung(bytes, offset, length));
        } catch (ProtocolViolation e) {
            endElsewhere(e);
            return Sent.CLOSED;
        }
    }

    /** Who sleeps in a futex has to look out for room from now on if somebody waits for it. */
    private Sent heedRoom(Sent sent) {
        if (sent == Sent.FULL) {
            callers.lookOutForRoom();
            wakeKeeper();
        }
        return sent;
    }

    @Override
    public void ring() {
        sender.ring();
    }

    /**
     * Says that we are awake and wakes the peer if it sleeps on what was sent, in this order: the reply needs no bell
     * then. With the role, which keeps the memory mapped.
     *
     * @return whether it slept, with something left to read
     */
    boolean ringAwake() {
        boolean sleeps = !sender.isPeerReading();
        // Behind the fence in there, which would wait until the peer has given up the word's cache line.
        setReading();
        return sleeps && sender.ring();
    }

    // ---- bodies ----

    @Override
    public int maxInlineBytes() {
        return bodies.maxInlineBytes();
    }

    @Override
    public @Nullable OutBody tryAllocate(int lengthBytes) {
        OutBody body = bodies.tryAllocate(lengthBytes);
        if (body != null && lengthBytes >= CALL_AHEAD_FROM_BYTES && lengthBytes <= CALL_AHEAD_UP_TO_BYTES) {
            sender.callAhead();
        }
        return body;
    }

    @Override
    public int askFromBytes() {
        return bodies.askFromBytes();
    }

    @Override
    public boolean asksInstead(int lengthBytes) {
        return bodies.asksInstead(lengthBytes);
    }

    @Override
    public void ask(int lengthBytes, Consumer<@Nullable OutBody> answer) {
        bodies.ask(lengthBytes, answer);
    }

    @Override
    public BodyCounters bodies() {
        return bodies.counters();
    }

    @Override
    public InBody openBody(int section, long offset, int lengthBytes) throws ProtocolViolation {
        return bodies.open(section, offset, lengthBytes);
    }

    @Override
    public void sendControl(ControlRecord record, boolean wakes) {
        try {
            heedRoom(sender.sendControl(record.toBytes(), wakes) ? Sent.SENT : Sent.FULL);
        } catch (ProtocolViolation e) {
            endElsewhere(e);
        }
    }

    @Override
    public boolean announce(Announcement announcement, int descriptor) {
        return Messages.send(
                        endpoint.pairDescriptor(), announcement.toBytes(), 0, Announcement.BYTES, descriptor)
                == Announcement.BYTES;
    }

    /** A section of the peer has come. The descriptor stays the caller's. */
    void onAnnouncement(Announcement offered, int descriptor) {
        try {
            bodies.onAnnouncement(offered, descriptor);
        } catch (ProtocolViolation e) {
            closeFor(e);
        }
    }

    @Override
    public boolean enter() {
        return sender.enter();
    }

    @Override
    public void leave() {
        sender.leave();
    }

    private void free() {
        bodies.close(endpoint::close);
    }

    // ---- waiting callers ----

    @Override
    public void await(Waiter waiter) {
        callers.await(waiter);
    }

    @Override
    public void wake(Waiter waiter) {
        callers.wake(waiter);
    }

    // ---- reading: everything here with the role ----

    /**
     * Hands over what is there, until the queue is empty, the waiter is served, or the turn is lost.
     *
     * @return frames handed over; ask the turn whether it is lost
     */
    int drain(ReadTurn turn, @Nullable Waiter waiter, int maxFrames) {
        int frames = 0;
        byte[] into = turn instanceof Reader reader ? reader.frame : frameOfCallers();
        try {
            while (frames < maxFrames) {
                int length = queue.tryRead(into);
                if (length == QueueReader.EMPTY) {
                    break;
                }
                frames++;
                framesRead++;
                if (queue.lastKind() == RecordLayout.KIND_CONTROL) {
                    onControl(into, length);
                    continue;
                }
                // A frame counts as read before anybody acts on it, on this thread or on an executor's: what lies
                // beyond the cursor of a dead process had no effect. See onUnread.
                publishBeforeUserCode();
                handedOver++;
                receiver.onFrame(into, length, turn);
                if (turn instanceof Reader reader && reader.isTurnLost()) {
                    return frames;
                }
                if (waiter != null && waiter.isDone()) {
                    break;
                }
            }
            afterDrain(turn, frames);
        } catch (ProtocolViolation e) {
            closeFor(e);
        } catch (RuntimeException | Error e) {
            // A fault of ours ends this connection; the thread has others to read.
            close(new EndCause(EndCause.Kind.FAILURE, "reading failed: " + e, e));
        }
        return frames;
    }

    private byte[] frameOfCallers() {
        byte[] made = frame;
        if (made == null) {
            made = new byte[RecordLayout.MAX_FRAME_BYTES];
            frame = made;
        }
        return made;
    }

    private void onControl(byte[] record, int length) throws ProtocolViolation {
        if (length != ControlRecord.BYTES) {
            throw new ProtocolViolation("control record malformed: lengthBytes=" + length);
        }
        bodies.onControl(ControlRecord.read(record));
    }

    /** Publishes what was read and sends what waited for room. */
    private void afterDrain(ReadTurn turn, int frames) throws ProtocolViolation {
        if (queue.publishCursor() || roomUntold) {
            roomUntold = false;
            sender.tellRoom(queue.isHalfRead());
        }
        if (sender.takeRoom()) {
            receiver.onRoom(turn);
        } else if (frames > 0) {
            receiver.onDrained(turn);
        }
    }

    /** Before user code: what was read counts as read. Room is told after it, or by who takes over. */
    void publishBeforeUserCode() {
        if (queue.publishCursor()) {
            roomUntold = true;
        }
    }

    /** What a thread owes that took the turn over in the midst of a drain. */
    void finishDrainOfAnother() {
        try {
            queue.publishCursor();
            roomUntold = false;
            sender.tellRoom(queue.isHalfRead());
            receiver.onDrained(CallerWait.TURN);
        } catch (RuntimeException e) {
            close(new EndCause(EndCause.Kind.FAILURE, "flush failed", e));
        }
    }

    /** Whether there is a frame, or room that somebody waits for. */
    boolean hasWork() {
        try {
            return queue.hasMore() || sender.isRoomThere();
        } catch (ProtocolViolation e) {
            closeFor(e);
            return false;
        }
    }

    /**
     * For the readers' safety net: whether something lies there that nobody has read since the last look, seconds ago.
     * With the role.
     */
    boolean isForgotten() {
        long before = unreadAtLastLook;
        // What has just come to an idle port is not forgotten: its bell may be on the way.
        unreadAtLastLook = !polled && hasWork() ? queue.cursor() : NOTHING_UNREAD;
        return before != NOTHING_UNREAD && before == unreadAtLastLook;
    }

    /** Frames handed over so far. With the role. */
    long handedOver() {
        return handedOver;
    }

    void setReading() {
        int before = asleep;
        if ((before & SLEEP_MASK) != READING) {
            int reading = before & ~SLEEP_MASK | READING;
            // Release: whoever the role goes to sees it.
            ASLEEP_HERE.setRelease(this, reading);
            // Opaque: a peer that sees it late rings once too often, no more.
            Words.setIntOpaque(own, ASLEEP, reading);
        }
    }

    /**
     * Says how the reader is about to sleep. The caller looks at {@link #hasWork} afterwards and does not
     * sleep if there is any.
     *
     * @param how FUTEX or EPOLL
     */
    void fallAsleep(int how) {
        // Release, both: the full fence stands in the words.
        LOOK_AGAIN.setRelease(this, false);
        int next = (asleep & ~SLEEP_MASK) + EPOCH_STEP | how;
        ASLEEP_HERE.setRelease(this, next);
        words.fallAsleep(next);
    }

    /** Says that the peer has to ring, whoever hears it: a keeper in its futex, or any reader. With the role. */
    void arm() {
        fallAsleep(keeper != null ? FUTEX : EPOLL);
    }

    boolean isReading() {
        return (asleep & SLEEP_MASK) == READING;
    }

    /** Whether a bell of the peer would be heard while nobody has the role. */
    private boolean isArmed() {
        int how = asleep & SLEEP_MASK;
        return how == EPOLL || how == FUTEX && keeper != null;
    }

    /** Whether somebody waits for room. Who begins to do so wakes those who sleep. */
    boolean wantsRoom() {
        return sender.wantsRoom();
    }

    /**
     * Sleeps until the peer rings by futex for a record, the sleeper's own word is bumped, or the time is over. With the
     * role, or as {@link #keeper} and within {@link #enter}.
     *
     * @param tailWord of the peer's tail, as it was when ASLEEP said FUTEX and there was nothing to read
     * @param deadlineNanos {@link System#nanoTime} to end at
     * @return as {@link Futex#awaitAny}
     */
    int awaitTail(int tailWord, long ownWordAddress, int expectedOwn, long deadlineNanos) {
        return Futex.awaitAny(peerAddress + TAIL, tailWord, ownWordAddress, expectedOwn, deadlineNanos);
    }

    /** The same, or for room. With the role. */
    int awaitTailOrRoom(long ownWordAddress, int expectedOwn, long deadlineNanos) {
        int cursorWord = (int) Words.getLongAcquire(endpoint.peer().segment(), CURSOR);
        if (hasWork()) {
            return 0;
        }
        return Futex.awaitAny(peerAddress + TAIL, queue.knownTailWord(), ownWordAddress, expectedOwn,
                peerAddress + CURSOR, cursorWord, deadlineNanos);
    }

    // ---- watching ----

    /**
     * Called by every thread that stops reading or polling, after it has: if nobody else watches the port, the
     * peer is asked to ring, and what came before it could know is left to a reader.
     */
    void ensureWatched() {
        while (true) {
            if (endCause.get() != null) {
                tryFinish();
                return;
            }
            if (lookAgain && role.isFree()) {
                lookAgain = false;
                readers.kick(this);
                return;
            }
            if (isArmed() || polled) {
                return;
            }
            if (!role.isFree()) {
                if (role.isInUserCode()) {
                    // It was entered while somebody polled. Partner: kickIfLeftAlone.
                    readers.kick(this);
                }
                return;
            }
            if (callers.promoteOne() || absence.isOn()) {
                return;
            }
            if (!role.tryAcquire()) {
                return;
            }
            arm();
            boolean work = hasWork();
            role.release();
            if (work) {
                readers.kick(this);
                return;
            }
        }
    }

    /**
     * The caller that reads serves a callback and reads on then: the peer need not ring meanwhile. With the role, which
     * the caller gives up.
     */
    void beginAbsence() {
        if (absence.begin()) {
            readers.watchdog.watch(this);
        }
    }

    /** A caller is back, or another has come: it looks after the port when it leaves. */
    void endAbsence() {
        absence.end();
    }

    /** By the watchdog, at each tick; false if there was no absence for some time. */
    boolean checkAbsence() {
        if (absence.hasLasted()) {
            ensureWatched();
        }
        return absence.needsWatching();
    }

    /**
     * Takes the role for a reader that was rung, from slow user code if need be; if another thread has it, that
     * thread looks once more after giving it up.
     */
    boolean tryAcquireForReader() {
        if (role.tryAcquire()) {
            return true;
        }
        lookAgain = true;
        if (role.tryAcquire()) {
            return true;
        }
        if (!role.tryTakeOver()) {
            return false;
        }
        takeOvers.increment();
        finishDrainOfAnother();
        return true;
    }

    /**
     * After the role was given up for user code, which may be long: who was rung just before has not got it, who ended the
     * port could not finish, and who polled the port may have stopped. By the thread that enters.
     */
    void kickIfLeftAlone() {
        // Full fence between the role and what others leave behind; partners, the other way round: tryAcquireForReader
        // (lookAgain), close, and ensureWatched of who stops polling.
        VarHandle.fullFence();
        if (endCause.get() != null || !polled && (lookAgain || !isArmed())) {
            readers.kick(this);
        }
    }

    /**
     * Reads what the doorbell has; false at its end. By a reader, and by one at a time: the next packet rings for another
     * one, which must not overtake the announcement that the first has just received.
     */
    boolean readDoorbell(DoorbellReader doorbell) {
        if (!sender.enter()) {
            return true;
        }
        try {
            synchronized (doorbellTurn) {
                return doorbell.drain(endpoint.pairDescriptor(), this);
            }
        } finally {
            sender.leave();
        }
    }

    // ---- the end ----

    @Override
    public void close(EndCause cause) {
        endCause.compareAndSet(null, cause);
        callers.wakeAll();
        wakeKeeper();
        tryFinish();
    }

    private void wakeKeeper() {
        Reader keeps = keeper;
        if (keeps != null) {
            keeps.wakeUp();
        }
    }

    private void closeFor(ProtocolViolation violation) {
        close(causeOf(violation));
    }

    /** For who sends: it may hold locks of its call and connection, and whoever tells calls of their end takes those. */
    private void endElsewhere(ProtocolViolation violation) {
        EndCause cause = causeOf(violation);
        endCause.compareAndSet(null, cause);
        LpcTransport.background().execute(() -> close(cause));
    }

    private static EndCause causeOf(ProtocolViolation violation) {
        return EndCause.of(EndCause.Kind.VIOLATION, String.valueOf(violation.getMessage()));
    }

    boolean isClosing() {
        return endCause.get() != null;
    }

    /** Ends the port if nobody has the role; who has it calls this again after releasing it. */
    void tryFinish() {
        if (endCause.get() == null || !role.tryAcquire() && !role.tryTakeOver()) {
            return;
        }
        EndCause cause = endCause.get();
        if (cause.kind() == EndCause.Kind.PEER_DEATH || cause.kind() == EndCause.Kind.PEER_CLOSE) {
            drain(CallerWait.TURN, null, Integer.MAX_VALUE);
        }
        role.closeForEver();
        if (sender.enter()) {
            // Not before: to the peer the end of the pair means that this side reads no more.
            endpoint.shutDown();
            sender.leave();
        }
        readers.remove(this, endpoint.pairDescriptor(), endpoint.pidfd());
        List<byte[]> unread = sender.shut(cause.kind() == EndCause.Kind.PEER_DEATH);
        callers.wakeAll();
        FrameReceiver frames = receiver;
        if (frames != null) {
            unread.forEach(sent -> frames.onUnread(sent, sent.length));
            frames.onEnd(cause);
        }
    }

    // ---- facts ----

    /**
     * A safety net ended a wait that had something to read: a wake-up was lost, or a machine stood still. With the role.
     *
     * @param lateNanos how long after its time-out the waiter has come to run
     */
    void netCaught(String waiter, long lateNanos) {
        safetyNetWakes.increment();
        readers.safetyNetWakes.increment();
        LOG.warning(() -> "a wait was ended by its safety net: waiter=" + waiter + ", lateMicros=" + lateNanos / 1000
                + ", cursor=" + queue.cursor() + ", tailWord=" + queue.knownTailWord() + ", asleep=" + asleep
                + ", peer=" + endpoint.identity().pid());
    }

    @Override
    public PeerIdentity peer() {
        return endpoint.identity();
    }

    @Override
    public boolean isPeerProcessAlive() {
        if (endpoint.pidfd() < 0 || !sender.enter()) {
            return false;
        }
        try {
            return Pidfd.isAlive(endpoint.pidfd());
        } finally {
            sender.leave();
        }
    }

    Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public PortCounters counters() {
        return new PortCounters(
                sender.framesSent(), framesRead, sender.doorbellsRung(), safetyNetWakes.sum(), takeOvers.sum());
    }
}
