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

    /** The node taken last. Written by the taker; who asks may see an old one, and signals in vain then. */
    private Node head = new Node(null, 0);
    /** The node received last. Only the receiver. */
    private Node tail = head;
    /** Cost of all that was added. Only the receiver. */
    private long addedBytes;
    /** Cost of all that was taken. Written by the taker. */
    private volatile long takenBytes;

    /** Cost of what has arrived so far; wraps. Only the receiver. */
    private int receivedBytes;
    /** Cost of what was granted back so far; wraps. Written by the taker. */
    private volatile int grantedBytes;
    /** Cost of what was taken since the last grant. Only the taker. */
    private int consumedBytes;

    /** Messages the application asked for and has not got. Written through {@link #REQUESTED}. */
    private volatile int requested;

    /** Whose bound counts what is kept here; null if none does. */
    private final @Nullable UserQueue bound;
    /** What is kept beyond a little; made by the receiver, given back by the taker. */
    private volatile @Nullable QueueShare reserved;
    /** A long frame of which pieces are missing. Written by the receiver; at the end also looked at by the taker. */
    private volatile @Nullable Reassembly pieces;

    /** @param bound counts what is kept here, or null */
    CallInbound(@Nullable UserQueue bound) {
        this.bound = bound;
    }

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

    /** Whether the bound lets one more message be kept. */
    boolean mayKeep(int lengthBytes) {
        long bytes = addedBytes - takenBytes + CallOutbound.windowCost(lengthBytes);
        return bytes <= QueueShare.FREE_BYTES || bound == null || share(bound).tryGrow(bytes);
    }

    private QueueShare share(UserQueue user) {
        QueueShare share = reserved;
        if (share == null) {
            share = new QueueShare(user);
            reserved = share;
        }
        return share;
    }

    void add(Object payload, int lengthBytes) {
        Node node = new Node(payload, lengthBytes);
        NEXT.setRelease(tail, node);
        tail = node;
        addedBytes += CallOutbound.windowCost(lengthBytes);
    }

    // ---- receiving a long frame ----

    boolean hasPieces() {
        return pieces != null;
    }

    /**
     * The first piece has arrived.
     *
     * @param totalBytes of the whole frame
     * @return false if the bound does not let it be kept
     */
    boolean beginPieces(byte[] frame, int length, long totalBytes) throws ProtocolViolation {
        Reassembly begun = new Reassembly(frame, length, totalBytes);
        if (!begun.mayBegin(bound)) {
            return false;
        }
        pieces = begun;
        return true;
    }

    /**
     * Another piece has arrived. Only if {@link #hasPieces}.
     *
     * @return false if the bound does not let it be kept; all pieces are dropped then
     */
    boolean addPiece(byte[] frame, int length) throws ProtocolViolation {
        if (!pieces.add(frame, length, bound)) {
            dropPieces();
            return false;
        }
        return true;
    }

    /** The frame if all of it is there, which is kept no longer; or null. Only if {@link #hasPieces}. */
    @Nullable Reassembly takeWhole() {
        Reassembly whole = pieces;
        if (!whole.isComplete()) {
            return null;
        }
        dropPieces();
        return whole;
    }

    private void dropPieces() {
        Reassembly dropped = pieces;
        pieces = null;
        dropped.giveUp();
    }

    /** Nobody waits for the rest of the pieces, which may still come. Any thread. */
    void giveUpPieces() {
        Reassembly given = pieces;
        if (given != null) {
            given.giveUp();
        }
    }

    // ---- taking ----

    boolean isEmpty() {
        return NEXT.getAcquire(head) == null;
    }

    /** The oldest message if the application has asked for it, or null. Its payload is valid until the next call. */
    @Nullable Node takeRequested() {
        if (requested <= 0) {
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

    /** Gives back what is reserved if nothing is kept any more. */
    void giveBackReserved() {
        QueueShare share = reserved;
        if (share != null && isEmpty()) {
            share.giveBack();
        }
    }

    /** Nothing is delivered any more. Once more for each message that still comes. */
    void close() {
        for (Node next = poll(); next != null; next = poll()) {
            Payload.drop(next.payload);
        }
        QueueShare share = reserved;
        if (share != null) {
            share.close();
        }
        giveUpPieces();
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
