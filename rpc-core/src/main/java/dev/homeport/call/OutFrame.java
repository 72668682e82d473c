package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.FrameHeader;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FramePort.Sent;
import dev.homeport.spi.OutBody;
import org.jspecify.annotations.Nullable;

/**
 * A frame that could not be sent at once, or is too long for one: its bytes, and how far they got. A long
 * frame leaves in pieces, each behind a FRAGMENT header that is written over bytes already sent. Guarded
 * by the lock of {@link Outbound}.
 */
final class OutFrame {
    private static final byte[] NONE = {};

    /** Empty while the frame is held. */
    private byte[] bytes;
    private int length;
    /** What it takes from the call's window; 0 without a message. */
    final int windowCost;
    /** It carries the status of its call: the callee's last. */
    boolean endsCall;
    private final int fragmentFlags;
    private final int call;
    private int sentBytes;

    /** The message it names beside the queue; null if it names none. */
    private @Nullable OutBody body;

    /** Bytes of the message of a frame that is held; 0 once the frame is there. */
    private int heldBytes;

    /** It will not be sent. Written under the lock; read early by who would fill it. */
    private volatile boolean dropped;

    /** A REPLY that keeps its place until its message has found space. */
    private OutFrame(int call, int heldBytes, int windowCost) {
        this.bytes = NONE;
        this.call = call;
        this.heldBytes = heldBytes;
        this.windowCost = windowCost;
        this.fragmentFlags = FLAG_FROM_CALLEE;
    }

    static OutFrame held(int call, int messageBytes, int windowCost) {
        return new OutFrame(call, messageBytes, windowCost);
    }

    /** What was held is here now; false if it is not wanted any more. */
    boolean fill(byte[] frame, boolean ends, @Nullable OutBody named) {
        if (dropped) {
            return false;
        }
        bytes = frame;
        length = frame.length;
        endsCall = ends;
        body = named;
        heldBytes = 0;
        return true;
    }

    boolean isHeld() {
        return heldBytes > 0;
    }

    boolean isDropped() {
        return dropped;
    }

    /** @param bytes taken over, not copied */
    OutFrame(byte[] bytes, int length, int windowCost, @Nullable OutBody body) {
        this.body = body;
        this.bytes = bytes;
        this.length = length;
        this.windowCost = windowCost;
        boolean reply = FrameHeader.type(bytes) == TYPE_REPLY;
        this.endsCall = reply && (FrameHeader.flags(bytes) & FLAG_STATUS) != 0;
        this.fragmentFlags = reply ? FLAG_FROM_CALLEE : 0;
        this.call = FrameHeader.call(bytes);
    }

    /** It will not be sent. */
    void discard() {
        dropped = true;
        if (body != null && !isSent()) {
            body.discard();
        }
    }

    /** What it counts as while it waits: its message too if that stands in a section, as the program wrote it. */
    int waitingBytes() {
        return Math.max(bytes.length + heldBytes, windowCost);
    }

    /** What it keeps on the heap; a message in a section, or one that is yet to be written, is not there. */
    int heapBytes() {
        return bytes.length;
    }

    boolean isStarted() {
        return sentBytes > 0;
    }

    boolean isSent() {
        return sentBytes == length;
    }

    /** Sends the next piece. */
    Sent trySendNext(FramePort port) {
        int max = port.maxFrameBytes();
        if (sentBytes == 0) {
            return trySendFirst(port, max);
        }
        int piece = Math.min(length - sentBytes, max - HEADER_BYTES);
        int at = sentBytes - HEADER_BYTES;
        Sent sent = port.trySend(bytes, at, piece + HEADER_BYTES);
        if (sent == Sent.SENT) {
            sentBytes += piece;
            prepareNext();
        }
        return sent;
    }

    private Sent trySendFirst(FramePort port, int max) {
        int first = Math.min(length, max);
        if (first < length) {
            bytes[FLAGS] |= FLAG_FRAGMENTED;
        }
        Sent sent = port.trySend(bytes, 0, first);
        if (sent == Sent.SENT) {
            sentBytes = first;
            prepareNext();
        }
        return sent;
    }

    private void prepareNext() {
        if (sentBytes < length) {
            FrameHeader.put(bytes, sentBytes - HEADER_BYTES, TYPE_FRAGMENT, fragmentFlags, 0, call);
        }
    }
}
