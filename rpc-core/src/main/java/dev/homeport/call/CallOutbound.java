package dev.homeport.call;

import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.FrameLayout;
import dev.homeport.spi.FramePort.Sent;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ReadTurn;
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

        /** Less than the threshold is queued again. May run user code if there is a turn. */
        void becameReady(@Nullable ReadTurn turn);
    }

    private static final VarHandle WINDOW;

    static {
        try {
            WINDOW = MethodHandles.lookup().findVarHandle(CallOutbound.class, "window", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Outbound outbound;
    private final Owner owner;
    private int readyThresholdBytes = DEFAULT_READY_THRESHOLD_BYTES;

    /** Bytes that may be sent; a message may take it below 0. Only through {@link #WINDOW}. */
    private volatile long window;

    /** Bytes waiting in {@link #queue}. Written under the lock of {@link Outbound}. */
    volatile long queuedBytes;

    /** Guarded by the lock of {@link Outbound}; made when first needed. */
    private @Nullable ArrayDeque<OutFrame> queue;

    /** In {@link Outbound}'s list of calls that can send. Guarded by its lock. */
    boolean isListed;

    /** Some of the call's first frame has left. Written by the sender, or under the lock. */
    private volatile boolean anySent;

    /** Nothing more is sent. Guarded by the lock of {@link Outbound}. */
    private boolean isAbandoned;

    CallOutbound(Outbound outbound, Owner owner, int windowBytes) {
        this.outbound = outbound;
        this.owner = owner;
        this.window = windowBytes;
    }

    void readyThreshold(int bytes) {
        readyThresholdBytes = bytes;
    }

    boolean isReady() {
        return queuedBytes < readyThresholdBytes;
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
    OutFrame hold(int call, int messageLength, int windowCost) {
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
        if (outbound.port.trySend(frame, 0, length) == Sent.FULL) {
            if (isLast) {
                owner.lastFrameStayed();
            }
            return false;
        }
        anySent = true;
        if (windowCost > 0) {
            WINDOW.getAndAdd(this, (long) -windowCost);
        }
        if (isLast) {
            owner.lastFrameSent();
        }
        return true;
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

    /** Sends nothing more; what is queued is dropped. */
    void abandon() {
        outbound.abandon(this);
    }

    // Everything below is called by Outbound under its lock.

    void add(OutFrame frame) {
        if (isAbandoned) {
            frame.discard();
            return;
        }
        ArrayDeque<OutFrame> frames = queue;
        if (frames == null) {
            frames = new ArrayDeque<>(4);
            queue = frames;
        }
        frames.add(frame);
        queuedBytes += frame.heapBytes();
    }

    void fillHeld(OutFrame held, byte[] frame, boolean isLast, @Nullable OutBody body) {
        long before = held.heapBytes();
        if (held.fill(frame, isLast, body)) {
            queuedBytes += held.heapBytes() - before;
        } else if (body != null) {
            body.discard();
        }
    }

    void drop() {
        isAbandoned = true;
        if (queue != null) {
            queue.forEach(OutFrame::discard);
        }
        queue = null;
        queuedBytes = 0;
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
        Sent sent = frame.trySendNext(outbound.port);
        if (sent == Sent.FULL) {
            if (mayBeLast) {
                owner.lastFrameStayed();
            }
            if (!wasStarted && frame.windowCost > 0) {
                WINDOW.getAndAdd(this, (long) frame.windowCost);
            }
            return sent;
        }
        anySent = true;
        if (sent == Sent.CLOSED) {
            drop();
        } else if (frame.isSent()) {
            frames.removeFirst();
            queuedBytes -= frame.heapBytes();
            if (mayBeLast) {
                owner.lastFrameSent();
            }
        } else if (mayBeLast) {
            owner.lastFrameStayed();
        }
        return sent;
    }

    boolean hasCrossedThreshold(long queuedBytesBefore) {
        return queuedBytesBefore >= readyThresholdBytes && queuedBytes < readyThresholdBytes;
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
