package dev.homeport.lpc;

import static dev.homeport.lpc.memory.OutboxLayout.*;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.queue.QueueWriter;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.queue.WakeWords;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Futex;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.spi.FramePort.Sent;
import dev.homeport.spi.ProtocolViolation;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sending half of a communication port: threads take turns to write the queue and then, without the turn,
 * ring the peer if it sleeps. Also the gate before the endpoint's memory and descriptors: they are closed
 * when the gate is shut and the last one who came through has left.
 */
final class SendSide {
    private static final int NO_BELL = 0;
    /**
     * Records that wait for room at once. An honest peer causes one for each block, section and wish of its own; one that
     * asks on and reads no answers would fill our heap.
     */
    private static final int MAX_WAITING_CONTROLS = 1 << 18;

    private final Endpoint endpoint;
    private final Runnable free;
    private final WakeWords words;
    private final MemorySegment peer;
    private final long ownAddress;
    private final QueueWriter writer;

    /** The turn to write. Guards everything below; no system call and no user code under it. */
    private final ReentrantLock writeTurn = new ReentrantLock();

    private boolean shut;
    private boolean freed;
    /** Threads in the endpoint without a turn: ringing, or reading doorbells. */
    private int inside;
    /** The peer's sleep that was rung for last because of a record, as it stood in its ASLEEP word. */
    private int rungFor;
    /** Behind the last record when it was rung for. */
    private long rungTail;
    /** The peer's sleep of which it was called for what is yet to be written. */
    private int calledFrom;

    /** Control records that wait for room. */
    private final ArrayDeque<byte[]> controls = new ArrayDeque<>();

    private long framesSent;
    private long doorbellsRung;

    /** Somebody was refused for want of room. Written under the turn, read by whoever reads the port. */
    private volatile boolean wantsRoom;

    /** @param free closes everything, when nobody uses it any more */
    SendSide(Endpoint endpoint, Runnable free) {
        this.endpoint = endpoint;
        this.free = free;
        this.ownAddress = endpoint.own().address();
        this.peer = endpoint.peer().segment();
        this.words = new WakeWords(endpoint.own().segment(), peer);
        this.writer = new QueueWriter(endpoint.own(), endpoint.peer());
    }

    /** Writes a frame and wakes the peer if it sleeps. */
    Sent trySend(byte[] frame, int offset, int length) throws ProtocolViolation {
        Sent sent;
        int bell = NO_BELL;
        writeTurn.lock();
        try {
            sent = writeFrame(frame, offset, length);
            if (sent != Sent.CLOSED) {
                // Also for want of room: what fills the queue may have been left unrung, and the padding before it.
                bell = bellForRecord();
            }
        } finally {
            writeTurn.unlock();
        }
        ring(bell, TAIL);
        return sent;
    }

    /** Writes a frame; {@link #ring} follows. */
    Sent trySendUnrung(byte[] frame, int offset, int length) throws ProtocolViolation {
        writeTurn.lock();
        try {
            return writeFrame(frame, offset, length);
        } finally {
            writeTurn.unlock();
        }
    }

    /** Under the turn. */
    private Sent writeFrame(byte[] frame, int offset, int length) throws ProtocolViolation {
        if (shut) {
            return Sent.CLOSED;
        }
        if (!sendWaitingControls() || !tryWrite(RecordLayout.KIND_FRAME, frame, offset, length)) {
            return Sent.FULL;
        }
        framesSent++;
        return Sent.SENT;
    }

    /**
     * Wakes the peer if it sleeps on what was sent.
     *
     * @return whether it slept and has to come out of it
     */
    boolean ring() {
        int bell;
        boolean sleeps;
        writeTurn.lock();
        try {
            if (shut) {
                return false;
            }
            bell = bellForRecord();
            sleeps = bell != NO_BELL || isInFutex();
        } finally {
            writeTurn.unlock();
        }
        ring(bell, TAIL);
        return sleeps;
    }

    /** Whether the peer was rung for an earlier record, and has not come out of its futex yet. */
    private boolean isInFutex() {
        return (Words.getIntAcquire(peer, ASLEEP) & SLEEP_MASK) == OutboxLayout.FUTEX
                && Words.getLongAcquire(peer, CURSOR) != writer.tail();
    }

    /**
     * Wakes a peer that waits in a futex, without a record: one will follow as soon as its body is copied, by when the
     * peer is awake. Once for each sleep.
     */
    void callAhead() {
        writeTurn.lock();
        try {
            if (shut) {
                return;
            }
            int asleep = words.peerAsleep();
            if ((asleep & SLEEP_MASK) != OutboxLayout.FUTEX || asleep == calledFrom) {
                return;
            }
            calledFrom = asleep;
            inside++;
        } finally {
            writeTurn.unlock();
        }
        Futex.wake(ownAddress + TAIL, Futex.ALL);
        leave();
    }

    /** Whether the peer needs no ringing for what was sent before. Only while the memory is mapped for sure. */
    boolean isPeerReading() {
        return (words.peerAsleep() & SLEEP_MASK) == READING;
    }

    /**
     * Sends a record for the peer's transport, or keeps it until there is room. At most one for each block held.
     *
     * @return false if it waits for room
     */
    boolean sendControl(byte[] record, boolean wakes) throws ProtocolViolation {
        int bell = NO_BELL;
        boolean written = true;
        writeTurn.lock();
        try {
            if (shut) {
                return true;
            }
            if (!sendWaitingControls() || !tryWrite(RecordLayout.KIND_CONTROL, record, 0, record.length)) {
                if (controls.size() >= MAX_WAITING_CONTROLS) {
                    throw new ProtocolViolation("answers that the peer does not read: waiting=" + controls.size());
                }
                controls.add(record);
                written = false;
            }
            if (wakes || wantsRoom) {
                // While somebody here waits for room, nothing lies unrung: padding before this record may take all of it.
                bell = bellForRecord();
            }
        } finally {
            writeTurn.unlock();
        }
        ring(bell, TAIL);
        return written;
    }

    private boolean sendWaitingControls() throws ProtocolViolation {
        for (byte[] next = controls.peek(); next != null; next = controls.peek()) {
            if (!tryWrite(RecordLayout.KIND_CONTROL, next, 0, next.length)) {
                return false;
            }
            controls.remove();
        }
        return true;
    }

    private boolean tryWrite(int kind, byte[] record, int offset, int length) throws ProtocolViolation {
        return writer.tryWrite(kind, record, offset, length) || retryAfterAsking(kind, record, offset, length);
    }

    /** Says that we wait for room, then looks once more: the peer may have made some before it could see. */
    private boolean retryAfterAsking(int kind, byte[] frame, int offset, int length) throws ProtocolViolation {
        wantsRoom = true;
        words.wantRoom();
        return writer.isHalfEmpty() && writer.tryWrite(kind, frame, offset, length);
    }

    /** Whether there is room again for those who were refused; they are told once. With the turn to read. */
    boolean takeRoom() throws ProtocolViolation {
        if (!wantsRoom) {
            return false;
        }
        boolean room;
        int bell = NO_BELL;
        writeTurn.lock();
        try {
            if (shut || !writer.isHalfEmpty()) {
                return false;
            }
            wantsRoom = false;
            words.wantNoRoom();
            boolean waited = !controls.isEmpty();
            room = sendWaitingControls();
            if (waited) {
                // They may fill the queue again, with nobody left who would ring; and some of them are to wake.
                bell = bellForRecord();
            }
        } finally {
            writeTurn.unlock();
        }
        ring(bell, TAIL);
        return room;
    }

    /** Whether somebody was refused, and has not been told of room since. */
    boolean wantsRoom() {
        return wantsRoom;
    }

    /** Whether {@link #takeRoom} would say so. With the turn to read. */
    boolean isRoomThere() throws ProtocolViolation {
        if (!wantsRoom) {
            return false;
        }
        writeTurn.lock();
        try {
            return !shut && writer.isHalfEmpty();
        } finally {
            writeTurn.unlock();
        }
    }

    /** After our cursor was published: wakes a peer that waits for room. With the turn to read. */
    void tellRoom(boolean halfRead) {
        if (!halfRead || !words.peerWantsRoom()) {
            return;
        }
        int bell;
        writeTurn.lock();
        try {
            bell = shut ? NO_BELL : bellForRoom();
        } finally {
            writeTurn.unlock();
        }
        ring(bell, CURSOR);
    }

    /**
     * How the peer sleeps, if it is to be rung for the last record. A message in its socket stays there and is
     * enough for a sleep. A futex wakes only who is in it already: one that came for a record which the peer had
     * read before it fell asleep was for nobody, and the next record rings again. Who rings late may find that the
     * peer has read everything and then fallen asleep, as one that serves a callback: then there is nothing to ring
     * for. Under the turn, after the record.
     */
    private int bellForRecord() {
        int asleep = words.peerAsleep();
        if ((asleep & SLEEP_MASK) == READING || asleep == rungFor && isRungFor(asleep)
                || Words.getLongAcquire(peer, CURSOR) == writer.tail()) {
            return NO_BELL;
        }
        rungFor = asleep;
        rungTail = writer.tail();
        return counted(asleep);
    }

    private boolean isRungFor(int asleep) {
        return (asleep & SLEEP_MASK) != OutboxLayout.FUTEX || Words.getLongAcquire(peer, CURSOR) < rungTail;
    }

    /** How the peer sleeps, if it is to be rung for room. Under the turn, after {@code peerWantsRoom}. */
    private int bellForRoom() {
        int asleep = Words.getIntOpaque(peer, ASLEEP);
        int how = asleep & SLEEP_MASK;
        return how == READING || how != OutboxLayout.FUTEX && asleep == rungFor ? NO_BELL : counted(asleep);
    }

    private int counted(int asleep) {
        doorbellsRung++;
        inside++;
        return asleep;
    }

    /** Without the turn. */
    private void ring(int asleep, int word) {
        if (asleep == NO_BELL) {
            return;
        }
        if ((asleep & SLEEP_MASK) == OutboxLayout.FUTEX) {
            Futex.wake(ownAddress + word, Futex.ALL);
        } else {
            // EAGAIN counts as rung: enough bells wait there already.
            Messages.ring(endpoint.pairDescriptor());
        }
        leave();
    }

    // ---- the gate ----

    /** Lets a thread use the endpoint's descriptors; false if it is shut. */
    boolean enter() {
        writeTurn.lock();
        try {
            if (!shut) {
                inside++;
            }
            return !shut;
        } finally {
            writeTurn.unlock();
        }
    }

    void leave() {
        boolean last;
        writeTurn.lock();
        try {
            inside--;
            last = isLast();
        } finally {
            writeTurn.unlock();
        }
        if (last) {
            free.run();
        }
    }

    /**
     * Nobody comes in any more. By the thread that holds the read role for ever.
     *
     * @param peerIsDead whether the peer reads no more
     * @return the frames that a dead peer never read, in their order
     */
    List<byte[]> shut(boolean peerIsDead) {
        boolean last;
        List<byte[]> unread;
        writeTurn.lock();
        try {
            shut = true;
            unread = peerIsDead && !freed ? writer.unread() : List.of();
            last = isLast();
        } finally {
            writeTurn.unlock();
        }
        if (last) {
            free.run();
        }
        return unread;
    }

    private boolean isLast() {
        if (!shut || inside > 0 || freed) {
            return false;
        }
        freed = true;
        return true;
    }

    long framesSent() {
        return framesSent;
    }

    long doorbellsRung() {
        return doorbellsRung;
    }
}
