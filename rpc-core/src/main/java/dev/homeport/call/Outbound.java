package dev.homeport.call;

import dev.homeport.spi.FramePort;
import dev.homeport.spi.FramePort.Sent;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ReadTurn;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has to send and could not: control frames first, then calls in turn, one frame or one
 * piece each, so that a large body holds up nobody. Empty in the common case, in which calls send without
 * coming here. Whoever reads the connection flushes it. Runs no user code.
 */
final class Outbound {
    final FramePort port;

    /** Guards everything below and the queues of {@link CallOutbound}. Held for a copy into the port at most. */
    private final ReentrantLock queueLock = new ReentrantLock();

    /** Control frames in order. At most one WINDOW and one CANCEL for each open call. */
    private final ArrayDeque<Control> controls = new ArrayDeque<>();

    /** Calls whose next frame may go. */
    private final ArrayDeque<CallOutbound> ready = new ArrayDeque<>();

    /** Calls that became ready and have not been told. */
    private final List<CallOutbound> becameReady = new ArrayList<>();

    /** Calls whose last frame has left and who have not been told. */
    private final List<CallOutbound> sentLast = new ArrayList<>();

    /** Whether anybody is to be told. */
    private volatile boolean anyToTell;

    /** Whether {@link #controls} or {@link #ready} holds anything. */
    private volatile boolean backlogged;

    /** The port has refused a frame and not told of room since: until it does, what is sent is queued and not tried. */
    private boolean full;

    /** The port takes nothing any more, so that nothing waits for room. */
    private volatile boolean ended;

    /** @param onSent run under the lock once the frame has left, or the port has ended */
    private record Control(byte[] frame, @Nullable Runnable onSent) {}

    Outbound(FramePort port) {
        this.port = port;
    }

    boolean isBacklogged() {
        return backlogged;
    }

    /** Sends a control frame, or queues it. May be called under a lock: calls that become ready are told elsewhere. */
    void sendControl(byte[] frame, @Nullable Runnable onSent) {
        if (!backlogged && port.trySend(frame, 0, frame.length) != Sent.FULL) {
            if (onSent != null) {
                onSent.run();
            }
            return;
        }
        queueLock.lock();
        try {
            controls.add(new Control(frame, onSent));
            flushUnlessFull();
        } finally {
            queueLock.unlock();
        }
        if (anyToTell) {
            CommonExecutor.INSTANCE.execute(() -> tell(null));
        }
    }

    void queue(CallOutbound call, OutFrame frame) {
        queueLock.lock();
        try {
            call.add(frame);
            list(call);
            flushUnlessFull();
            if (full) {
                call.awaitRoom();
            }
        } finally {
            queueLock.unlock();
        }
        tellOverflow(call);
        tell(null);
    }

    void fill(CallOutbound call, OutFrame held, byte[] frame, boolean isLast, @Nullable OutBody body) {
        queueLock.lock();
        try {
            long before = call.queuedBytes;
            call.fillHeld(held, frame, isLast, body);
            // What stands for the message may be far shorter than it.
            if (call.hasCrossedThreshold(before)) {
                becameReady.add(call);
                anyToTell = true;
            }
            list(call);
            flushUnlessFull();
        } finally {
            queueLock.unlock();
        }
        tellOverflow(call);
        tell(null);
    }

    private static void tellOverflow(CallOutbound call) {
        Status overflow = call.overflow;
        if (overflow != null) {
            call.owner().overflowed(overflow);
        }
    }

    /** A call's window has opened; what it holds leaves with the next {@link #flush}. */
    void windowOpened(CallOutbound call) {
        queueLock.lock();
        try {
            list(call);
            backlogged = true;
        } finally {
            queueLock.unlock();
        }
    }

    void abandon(CallOutbound call) {
        queueLock.lock();
        try {
            call.drop();
        } finally {
            queueLock.unlock();
        }
    }

    /** The port has ended: what waits for room, and what comes, is dropped by the next {@link #roomCame}. */
    void end() {
        ended = true;
    }

    /**
     * There is room again after the port has refused a frame.
     *
     * @param turn of the thread if it is reading
     */
    void roomCame(@Nullable ReadTurn turn) {
        queueLock.lock();
        try {
            full = false;
        } finally {
            queueLock.unlock();
        }
        flush(turn);
    }

    /**
     * Sends what can be sent, and tells the calls that became ready by it.
     *
     * @param turn of the thread if it is reading
     */
    void flush(@Nullable ReadTurn turn) {
        if (!backlogged) {
            return;
        }
        queueLock.lock();
        try {
            flushUnlessFull();
        } finally {
            queueLock.unlock();
        }
        tell(turn);
    }

    private void tell(@Nullable ReadTurn turn) {
        if (!anyToTell) {
            return;
        }
        List<CallOutbound> over;
        List<CallOutbound> calls;
        queueLock.lock();
        try {
            over = List.copyOf(sentLast);
            sentLast.clear();
            calls = List.copyOf(becameReady);
            becameReady.clear();
            anyToTell = false;
        } finally {
            queueLock.unlock();
        }
        over.forEach(call -> call.owner().lastFrameSent());
        for (int i = 0; i < calls.size(); i++) {
            // Only the last may use the turn: it can be lost in user code.
            calls.get(i).tellReady(i == calls.size() - 1 ? turn : null);
        }
    }

    private void list(CallOutbound call) {
        if (!call.isListed && call.canSend()) {
            call.isListed = true;
            ready.add(call);
        }
    }

    private void flushUnlessFull() {
        backlogged = true;
        if (!full || ended) {
            full = !flushControls() || !flushCalls();
        }
        backlogged = !controls.isEmpty() || !ready.isEmpty();
    }

    /** Whether there was room for all. */
    private boolean flushControls() {
        for (Control next = controls.peek(); next != null; next = controls.peek()) {
            if (port.trySend(next.frame, 0, next.frame.length) == Sent.FULL) {
                return false;
            }
            controls.remove();
            if (next.onSent != null) {
                next.onSent.run();
            }
        }
        return true;
    }

    /** Whether there was room for all that may go. */
    private boolean flushCalls() {
        for (CallOutbound call = ready.peek(); call != null; call = ready.peek()) {
            if (!call.canSend()) {
                ready.remove();
                call.isListed = false;
                continue;
            }
            long before = call.queuedBytes;
            if (call.trySendNext() == Sent.FULL) {
                return false;
            }
            ready.remove();
            call.isListed = false;
            list(call);
            if (call.hasSentLast) {
                call.hasSentLast = false;
                sentLast.add(call);
                anyToTell = true;
            }
            if (call.hasCrossedThreshold(before) || call.hasFoundRoom()) {
                becameReady.add(call);
                anyToTell = true;
            }
        }
        return true;
    }
}
