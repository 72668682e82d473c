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

    static {
        try {
            NEXT = MethodHandles.lookup().findVarHandle(Node.class, "next", Node.class);
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

    void add(Object payload, int lengthBytes) {
        Node node = new Node(payload, lengthBytes);
        NEXT.setRelease(tail, node);
        tail = node;
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
        }
        return next;
    }
}
