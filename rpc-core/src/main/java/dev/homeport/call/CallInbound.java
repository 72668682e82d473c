package dev.homeport.call;

import dev.homeport.frame.FrameHeader;
import dev.homeport.spi.ProtocolViolation;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What one call receives: messages that have arrived and not been delivered, how many of them the application has asked
 * for, and how many bytes the peer may still send. Counterpart of {@link CallOutbound}. One thread at a time receives (it
 * has the turn to read), one at a time takes (it runs the call's events), any thread asks.
 */
final class CallInbound {
    private static final VarHandle NEXT;
    private static final VarHandle TAKEN_BYTES;
    private static final VarHandle REQUESTED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            NEXT = lookup.findVarHandle(Node.class, "next", Node.class);
            TAKEN_BYTES = lookup.findVarHandle(CallInbound.class, "takenBytes", long.class);
            REQUESTED = lookup.findVarHandle(CallInbound.class, "requested", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A message: parsed, or its bytes if its marshaller has yet to parse them. */
    static final class Node {
        /** Null once taken. */
        @Nullable Object payload;
        /** Bytes of the message on the wire. */
        final int lengthBytes;
        @Nullable Node next;

        Node(@Nullable Object payload, int lengthBytes) {
            this.payload = payload;
            this.lengthBytes = lengthBytes;
        }
    }

    /** The node taken last. Only the taker. */
    private Node head = new Node(null, 0);
    /** The node received last. Only the receiver. */
    private Node tail = head;
    /** Cost of all that was received and kept. Only the receiver. */
    private long keptBytes;
    /** Cost of all that was taken. Written by the taker. */
    private volatile long takenBytes;

    /** Cost of what has arrived so far; wraps. Only the receiver. */
    private int receivedBytes;
    /** Cost of what was granted back so far; wraps. Written by the taker. */
    private volatile int grantedBytes;
    /** Cost of what was taken since the last grant. Only the taker. */
    private int consumedBytes;

    /** Messages the application asked for and has not got. Only through {@link #REQUESTED}. */
    private volatile int requested;

    // ---- asking, by any thread ----

    /**
     * The application asks for more messages.
     *
     * @return whether one is there
     */
    boolean request(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("Number requested must be non-negative: " + count);
        }
        int before;
        int after;
        do {
            before = requested;
            after = (int) Math.min(Integer.MAX_VALUE, (long) before + count);
        } while (!REQUESTED.compareAndSet(this, before, after));
        return !isEmpty();
    }

    /** How many messages the application still waits for, which another call owes from now on. */
    int takeRequests() {
        return (int) REQUESTED.getAndSet(this, 0);
    }

    // ---- receiving ----

    /**
     * A message has arrived, whether it is kept or not. The last one may pass the end of the window, as the sender's rule
     * says; without this check only the peer's good will would bound the heap.
     */
    void onArrival(int call, int lengthBytes) throws ProtocolViolation {
        int outstanding = receivedBytes - grantedBytes;
        if (outstanding >= CallWindow.BYTES) {
            throw new ProtocolViolation("window exceeded: call=" + call + ", outstandingBytes=" + outstanding
                    + ", windowBytes=" + CallWindow.BYTES);
        }
        receivedBytes += CallOutbound.windowCost(lengthBytes);
    }

    /** What would be kept here with one more message. */
    long keptBytesWith(int lengthBytes) {
        return keptBytes - takenBytes + CallOutbound.windowCost(lengthBytes);
    }

    void add(Object payload, int lengthBytes) {
        Node node = new Node(payload, lengthBytes);
        NEXT.setRelease(tail, node);
        tail = node;
        keptBytes += CallOutbound.windowCost(lengthBytes);
    }

    // ---- taking ----

    boolean isEmpty() {
        return NEXT.getAcquire(head) == null;
    }

    /** The oldest message if the application has asked for it, or null. Its payload is valid until the next call. */
    @Nullable Node takeRequested() {
        if (requested == 0) {
            return null;
        }
        Node next = poll();
        if (next != null) {
            REQUESTED.getAndAdd(this, -1);
        }
        return next;
    }

    /**
     * A message of a stream was taken: once half a window was, the peer is granted it again.
     *
     * @param flags FLAG_FROM_CALLEE if this is the callee's side, else 0
     */
    void consumed(Connection connection, int flags, int call, int lengthBytes) {
        consumedBytes += CallOutbound.windowCost(lengthBytes);
        if (consumedBytes >= connection.ownWindowBytes() / 2) {
            // Before WINDOW is sent: the peer may answer it at once.
            grantedBytes += consumedBytes;
            connection.outbound().sendControl(FrameHeader.window(flags, call, consumedBytes), null);
            consumedBytes = 0;
        }
    }

    void dropAll() {
        for (Node next = poll(); next != null; next = poll()) {
            Payload.drop(next.payload);
        }
    }

    private @Nullable Node poll() {
        Node next = (Node) NEXT.getAcquire(head);
        if (next != null) {
            head.payload = null;
            head = next;
            // Release: a receiver that sees it late counts too much for a moment.
            TAKEN_BYTES.setRelease(this, takenBytes + CallOutbound.windowCost(next.lengthBytes));
        }
        return next;
    }
}
