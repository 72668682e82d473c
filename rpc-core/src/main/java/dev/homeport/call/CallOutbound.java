package dev.homeport.call;

import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.FrameLayout;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FramePort.Sent;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ReadTurn;
import io.grpc.Status;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one call has to send: straight to the port while there is room and window, else queued here on the
 * heap, in order. Its owner sends one frame at a time; grants and {@link #abandon} may come from any
 * thread.
 */
final class CallOutbound {
    /** Queued bytes at which a call stops being ready; gRPC's own default. */
    static final int DEFAULT_READY_THRESHOLD_BYTES = 32 * 1024;

    /** The call itself. */
    interface Owner {
        /** The last frame is about to leave: the peer may forget the call from now on. */
        void lastFrameLeaving();

        /** The last frame did not leave after all. */
        void lastFrameStayed();

        /** The last frame has left. */
        void lastFrameSent();

        /** Whose bound counts what is queued for the call; null if none does. */
        default @Nullable UserQueue boundOfQueue() {
            return null;
        }

        /** A last frame that says so, in the place of what was queued beyond the bound. Under the lock. */
        default byte[] lastFrameOf(Status overflow) {
            throw new IllegalStateException("a call without a bound: " + overflow);
        }

        /** That frame is all that will be sent. */
        default void overflowed(Status overflow) {}

        /** Less than the threshold is queued again: {@link #takeReady} says so. May run user code if there is a turn. */
        void becameReady(@Nullable ReadTurn turn);
    }

    private static final VarHandle WINDOW;
    private static final VarHandle ANY_SENT;
    private static final VarHandle HELD;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            WINDOW = lookup.findVarHandle(CallOutbound.class, "window", long.class);
            ANY_SENT = lookup.findVarHandle(CallOutbound.class, "anySent", boolean.class);
            HELD = lookup.findVarHandle(CallOutbound.class, "held", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Outbound outbound;
    private final Owner owner;
    private int readyThresholdBytes = DEFAULT_READY_THRESHOLD_BYTES;
    private boolean isThresholdNamed;

    /** Bytes that may be sent; a message may take it below 0. Only through {@link #WINDOW}. */
    private volatile long window;

    /** Bytes waiting in {@link #queue}. Written under the lock of {@link Outbound}. */
    volatile long queuedBytes;

    /** The port is full, and the call not ready before its queue is empty. Written under the lock of {@link Outbound}. */
    private volatile boolean awaitsRoom;

    /** The application is to be told that there is room. */
    private volatile boolean readyPending;

    /** It was told that it may send at first. Of the thread that delivers. */
    private boolean readyTold;

    /** Guarded by the lock of {@link Outbound}; made when first needed. */
    private @Nullable ArrayDeque<OutFrame> queue;

    /** Bytes of {@link #queue} on the heap. Guarded by the lock of {@link Outbound}. */
    private long heapBytes;

    /** What is reserved for them; made when first needed. Guarded by the lock of {@link Outbound}. */
    private @Nullable QueueShare share;

    /** The bound was met, and the call ends with this. Written under the lock of {@link Outbound}. */
    volatile @Nullable Status overflow;

    /** In {@link Outbound}'s list of calls that can send. Guarded by its lock. */
    boolean isListed;

    /** Some of the call's first frame has left, or is leaving. Written by the sender, or under the lock. */
    private volatile boolean anySent;

    /** What is sent now is rung for by the sender. Of the sender. */
    private boolean unrung;

    /** Nothing more is sent. Guarded by the lock of {@link Outbound}. */
    private boolean isAbandoned;

    /** The call's last frame has left by {@link #trySendNext}. Guarded by the lock of {@link Outbound}. */
    boolean hasSentLast;

    /** A message that waits for its frame. Of the sender; one in a section also through {@link #HELD}, by who ends the call. */
    private @Nullable Object held;

    CallOutbound(Outbound outbound, Owner owner, int windowBytes) {
        this.outbound = outbound;
        this.owner = owner;
        // Plain: nobody else sees the call yet.
        WINDOW.set(this, (long) windowBytes);
    }

    void readyThreshold(int bytes) {
        readyThresholdBytes = bytes;
        isThresholdNamed = true;
    }

    /** The peer is not rung for what is sent from now on: the sender does so by itself. */
    void leaveUnrung() {
        unrung = true;
    }

    boolean isReady() {
        return queuedBytes < readyThresholdBytes && !awaitsRoom;
    }

    /** Less than the threshold is queued again. Without the lock. */
    void tellReady(@Nullable ReadTurn turn) {
        readyPending = true;
        owner.becameReady(turn);
    }

    /** Whether the application is to be told that it may send: it may at first. By the thread that delivers. */
    boolean takeReady() {
        boolean first = !readyTold;
        readyTold = true;
        if (!readyPending) {
            return first;
        }
        // Volatile: the application then sees the room of which it is told once only.
        readyPending = false;
        return true;
    }

    boolean hasSentAny() {
        return anySent;
    }

    /**
     * Sends a frame, or queues it.
     *
     * @param frame only read during the call
     * @param windowCost what its message takes from the window; 0 if it has none, or for the only message
     *     of a call
     * @param body the message that the frame names in a section, if it does
     */
    void send(byte[] frame, int length, int windowCost, boolean isLast, @Nullable OutBody body) {
        if (trySendNow(frame, length, windowCost, isLast)) {
            return;
        }
        outbound.queue(this, new OutFrame(Arrays.copyOf(frame, length), length, windowCost, body));
    }

    /** As {@link #send} for an array that is given away, so that queueing needs no copy. */
    void sendOwned(byte[] frame, int windowCost, boolean isLast, @Nullable OutBody body) {
        if (trySendNow(frame, frame.length, windowCost, isLast)) {
            return;
        }
        outbound.queue(this, new OutFrame(frame, frame.length, windowCost, body));
    }

    /** A reply that keeps its place until {@link #fill}; what is sent later waits behind it. */
    OutFrame keepPlace(int call, int messageLength, int windowCost) {
        OutFrame held = OutFrame.held(call, messageLength, windowCost);
        outbound.queue(this, held);
        return held;
    }

    /** What was held is there. Its body is discarded if the call has ended meanwhile. */
    void fill(OutFrame held, byte[] frame, boolean isLast, @Nullable OutBody body) {
        outbound.fill(this, held, frame, isLast, body);
    }

    private boolean trySendNow(byte[] frame, int length, int windowCost, boolean isLast) {
        if (queuedBytes != 0 || outbound.isBacklogged() || length > outbound.port.maxFrameBytes()
                || windowCost > 0 && window <= 0) {
            return false;
        }
        if (isLast) {
            owner.lastFrameLeaving();
        }
        FramePort port = outbound.port;
        boolean first = beforeSend();
        Sent sent = unrung ? port.trySendUnrung(frame, 0, length) : port.trySend(frame, 0, length);
        afterSend(first, sent);
        if (sent == Sent.FULL) {
            if (isLast) {
                owner.lastFrameStayed();
            }
            return false;
        }
        if (windowCost > 0) {
            WINDOW.getAndAdd(this, (long) -windowCost);
        }
        if (isLast) {
            owner.lastFrameSent();
        }
        return true;
    }

    /** Counts a frame as sent before it is: the peer may act on it, and end, before this thread goes on. */
    private boolean beforeSend() {
        boolean first = !anySent;
        if (first) {
            // Release: who ends the call looks under the lock that is held here.
            ANY_SENT.setRelease(this, true);
        }
        return first;
    }

    private void afterSend(boolean first, Sent sent) {
        if (first && sent != Sent.SENT) {
            anySent = false;
        }
    }

    /**
     * The peer grants more.
     *
     * @return false if it granted more than any honest peer would
     */
    boolean grant(int bytes) {
        long before = (long) WINDOW.getAndAdd(this, (long) bytes);
        if (before <= 0 && before + bytes > 0 && queuedBytes != 0) {
            outbound.windowOpened(this);
        }
        return before + bytes <= Integer.MAX_VALUE;
    }

    // ---- a message that waits for its frame ----

    /** Keeps a message. The sender then looks whether the call has ended, and drops it if so. */
    void hold(Object message) {
        if (message instanceof Payload.Placed) {
            // Volatile, so that either the sender sees the end or who ends the call sees the message.
            HELD.setVolatile(this, message);
        } else {
            held = message;
        }
    }

    boolean holdsAny() {
        return held != null;
    }

    /** The message kept, which is no longer. By the sender. */
    @Nullable Object takeHeld() {
        Object message = held;
        if (message instanceof Payload.Placed) {
            return HELD.compareAndSet(this, message, null) ? message : null;
        }
        held = null;
        return message;
    }

    /** The call is over: gives back the memory of a message that will not be sent. Any thread, after the end is set. */
    void dropHeld() {
        Object message = HELD.getVolatile(this);
        if (message instanceof Payload.Placed && HELD.compareAndSet(this, message, null)) {
            Payload.discard(message);
        }
    }

    /** Sends nothing more; what is queued is dropped. */
    void abandon() {
        outbound.abandon(this);
    }

    // Everything below is called by Outbound under its lock.

    void add(OutFrame frame) {
        if (isAbandoned || overflow != null) {
            frame.discard();
            return;
        }
        UserQueue bound = owner.boundOfQueue();
        if (bound != null && !mayQueue(bound, heapBytes + frame.heapBytes())) {
            frame.discard();
            overflow(bound);
            return;
        }
        addToQueue(frame);
    }

    private boolean mayQueue(UserQueue bound, long bytes) {
        if (bytes <= QueueShare.FREE_BYTES) {
            return true;
        }
        if (share == null) {
            share = new QueueShare(bound);
        }
        return share.tryGrow(bytes);
    }

    /** What has not begun to leave is dropped: the call's status takes its place. */
    private void overflow(UserQueue bound) {
        Status status = Status.RESOURCE_EXHAUSTED.withDescription(bound.exhausted());
        overflow = status;
        ArrayDeque<OutFrame> frames = queue;
        OutFrame leaving = frames != null && !frames.isEmpty() && frames.getFirst().isStarted() ? frames.removeFirst() : null;
        dropQueue();
        if (leaving != null) {
            addToQueue(leaving);
        }
        if (leaving == null || !leaving.endsCall) {
            byte[] last = owner.lastFrameOf(status);
            addToQueue(new OutFrame(last, last.length, 0, null));
        }
    }

    private void addToQueue(OutFrame frame) {
        ArrayDeque<OutFrame> frames = queue;
        if (frames == null) {
            frames = new ArrayDeque<>(4);
            queue = frames;
        }
        frames.add(frame);
        queuedBytes += frame.waitingBytes();
        heapBytes += frame.heapBytes();
    }

    void fillHeld(OutFrame held, byte[] frame, boolean isLast, @Nullable OutBody body) {
        long before = held.waitingBytes();
        if (held.fill(frame, isLast, body)) {
            queuedBytes += held.waitingBytes() - before;
            heapBytes += held.heapBytes();
            UserQueue bound = owner.boundOfQueue();
            if (bound != null && !mayQueue(bound, heapBytes)) {
                overflow(bound);
            }
        } else if (body != null) {
            body.discard();
        }
    }

    void drop() {
        isAbandoned = true;
        dropQueue();
        if (share != null) {
            share.close();
        }
    }

    private void dropQueue() {
        if (queue != null) {
            queue.forEach(OutFrame::discard);
        }
        queue = null;
        queuedBytes = 0;
        heapBytes = 0;
    }

    /** Whether there is something the window lets go. */
    boolean canSend() {
        OutFrame next = queue == null ? null : queue.peek();
        return next != null && !next.isHeld() && (next.windowCost == 0 || next.isStarted() || window > 0);
    }

    /** Sends the next piece; SENT also when the port has ended, as nothing is kept for it. */
    Sent trySendNext() {
        ArrayDeque<OutFrame> frames = queue;
        if (frames == null) {
            return Sent.SENT;
        }
        OutFrame frame = frames.getFirst();
        if (!frame.isStarted() && frame.windowCost > 0) {
            WINDOW.getAndAdd(this, (long) -frame.windowCost);
        }
        boolean wasStarted = frame.isStarted();
        boolean mayBeLast = frame.endsCall;
        if (mayBeLast) {
            owner.lastFrameLeaving();
        }
        boolean first = beforeSend();
        Sent sent = frame.trySendNext(outbound.port);
        afterSend(first, sent);
        if (sent == Sent.FULL) {
            if (mayBeLast) {
                owner.lastFrameStayed();
            }
            if (!wasStarted && frame.windowCost > 0) {
                WINDOW.getAndAdd(this, (long) frame.windowCost);
            }
            return sent;
        }
        if (sent == Sent.CLOSED) {
            drop();
            if (mayBeLast) {
                owner.lastFrameStayed();
            }
        } else if (frame.isSent()) {
            frames.removeFirst();
            queuedBytes -= frame.waitingBytes();
            heapBytes -= frame.heapBytes();
            hasSentLast = mayBeLast;
            if (queuedBytes == 0 && share != null) {
                share.giveBack();
            }
        } else if (mayBeLast) {
            owner.lastFrameStayed();
        }
        return sent;
    }

    boolean hasCrossedThreshold(long queuedBytesBefore) {
        return queuedBytesBefore >= readyThresholdBytes && queuedBytes < readyThresholdBytes && !awaitsRoom;
    }

    /**
     * What was added waits for room in the port. Who goes on sending now has each message copied twice, and a full ring
     * holds enough to keep the peer busy until there is room; but a program that names a threshold has its will.
     */
    void awaitRoom() {
        if (!isThresholdNamed && queuedBytes > 0) {
            awaitsRoom = true;
        }
    }

    /** Whether the call waited for room, and nothing of it waits any more. */
    boolean hasFoundRoom() {
        if (!awaitsRoom || queuedBytes > 0) {
            return false;
        }
        awaitsRoom = false;
        return true;
    }

    Owner owner() {
        return owner;
    }

    /** What a message of this length takes from the window. */
    static int windowCost(int messageLength) {
        return (int) Math.min(Integer.MAX_VALUE, (long) messageLength + FrameLayout.WINDOW_COST_OF_MESSAGE);
    }

    /** A CANCEL frame. */
    static byte[] cancelFrame(int call, int code, byte[] description) {
        return FrameHeader.withBytes(FrameLayout.TYPE_CANCEL, 0, code, call, description);
    }
}
