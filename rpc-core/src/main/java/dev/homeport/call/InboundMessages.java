package dev.homeport.call;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Messages of one call that have arrived and not been delivered. One thread at a time adds (it has the
 * turn to read), one at a time takes (it runs the call's events). Bounded by the call's window.
 */
final class InboundMessages {
    private static final VarHandle NEXT;
    private static final VarHandle TAKEN_BYTES;

    static {
        try {
            NEXT = MethodHandles.lookup().findVarHandle(Node.class, "next", Node.class);
            TAKEN_BYTES = MethodHandles.lookup().findVarHandle(InboundMessages.class, "takenBytes", long.class);
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
    /** The node added last. Only the adder. */
    private Node tail = head;
    /** Cost of all that was added. Only the adder. */
    private long addedBytes;
    /** Cost of all that was taken. Written by the taker. */
    private volatile long takenBytes;

    void add(Object payload, int lengthBytes) {
        Node node = new Node(payload, lengthBytes);
        NEXT.setRelease(tail, node);
        tail = node;
        addedBytes += CallOutbound.windowCost(lengthBytes);
    }

    /** What would be kept here with one more message; only the adder. */
    long keptBytesWith(int lengthBytes) {
        return addedBytes - takenBytes + CallOutbound.windowCost(lengthBytes);
    }

    boolean isEmpty() {
        return NEXT.getAcquire(head) == null;
    }

    /** Drops what is there; only the taker. */
    void dropAll() {
        for (Node next = poll(); next != null; next = poll()) {
            Payload.drop(next.payload);
        }
    }

    /** The oldest message, or null. Its payload is valid until the next call. */
    @Nullable Node poll() {
        Node next = (Node) NEXT.getAcquire(head);
        if (next != null) {
            head.payload = null;
            head = next;
            // Release: an adder that sees it late counts too much for a moment.
            TAKEN_BYTES.setRelease(this, takenBytes + CallOutbound.windowCost(next.lengthBytes));
        }
        return next;
    }
}
