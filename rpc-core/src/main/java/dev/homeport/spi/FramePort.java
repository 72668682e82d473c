package dev.homeport.spi;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One side's private end of a connection, as the call engine sees it: it carries frames to one peer, in
 * order, each whole or not at all. The transport owns it; any thread may call it. Nothing here waits,
 * except {@link #await}.
 */
public interface FramePort {

    /** What became of a frame. */
    enum Sent {
        /** The peer can read it. */
        SENT,
        /** No room now; {@link FrameReceiver#onRoom} follows when there is. The frame was not taken. */
        FULL,
        /** The port has ended, or is ending. The frame was not taken. */
        CLOSED
    }

    /** Longest frame that {@link #trySend} takes, in bytes. */
    int maxFrameBytes();

    /**
     * Copies a frame into the queue and wakes the peer if it sleeps.
     *
     * @param frame holds the frame, which is only read during the call
     * @param offset where the frame begins
     * @param length its bytes, from 1 to {@link #maxFrameBytes()}
     */
    Sent trySend(byte[] frame, int offset, int length);

    /**
     * The same, but leaves a sleeping peer asleep until {@link #ring}, or {@link #await}, which this thread calls next.
     * Who waits can say first that it is awake, and is then not rung for the reply.
     */
    default Sent trySendUnrung(byte[] frame, int offset, int length) {
        return trySend(frame, offset, length);
    }

    /** Wakes a peer that sleeps although frames were sent to it. */
    default void ring() {}

    /** Messages longer than this are worth an {@link #tryAllocate}; shorter ones travel in their frame. */
    default int maxInlineBytes() {
        return Integer.MAX_VALUE;
    }

    /**
     * Space for a message that is sent beside the queue, or null: the port declines, and the message
     * travels in frames. Never waits.
     */
    default @Nullable OutBody tryAllocate(int lengthBytes) {
        return null;
    }

    /**
     * Messages of at least this length are worth an {@link #ask} before {@link #tryAllocate};
     * {@link Integer#MAX_VALUE} if nothing can be asked for.
     */
    default int askFromBytes() {
        return Integer.MAX_VALUE;
    }

    /** Whether a message that {@link #tryAllocate} declined is worth an {@link #ask}. */
    default boolean asksInstead(int lengthBytes) {
        return false;
    }

    /**
     * Asks the peer for space for a message. Never waits.
     *
     * @param answer is given the space, or null if there is none, once and soon, by any thread: by this one before
     *     the call returns, or by a thread with the turn to read. Must not run long
     */
    default void ask(int lengthBytes, Consumer<@Nullable OutBody> answer) {
        answer.accept(null);
    }

    /**
     * The message that a frame of the peer names. With the turn to read; the caller releases it.
     *
     * @throws ProtocolViolation if there is no such message
     */
    default InBody openBody(int section, long offset, int lengthBytes) throws ProtocolViolation {
        throw new ProtocolViolation("body beside the queue on a port that has none: section=" + section);
    }

    /**
     * Waits until {@link Waiter#isDone}, the deadline of the waiter or an interrupt of this thread (whose
     * flag is left set); reads this port's frames meanwhile where the transport lets callers read. May
     * return early; the caller looks and calls again. Runs no user code. Does what {@link #ring} does.
     */
    void await(Waiter waiter);

    /** Makes an {@link #await} with this waiter look at it again. Cheap when nobody waits. */
    void wake(Waiter waiter);

    /** Who is at the other end, from the kernel where the transport has the kernel's word. */
    PeerIdentity peer();

    /**
     * Whether the process that opened the connection still runs, by a descriptor of the process; false also where
     * there is none.
     */
    default boolean isPeerProcessAlive() {
        return false;
    }

    /** Which technique carried what; the same object for the life of the port, if the port keeps one. */
    default BodyCounters bodies() {
        return new BodyCounters();
    }

    /** What went through this port, and what its safety nets caught. */
    PortCounters counters();

    /**
     * Ends the port: frames sent so far stay readable for the peer, {@link FrameReceiver#onEnd} is called
     * once, by some other thread or by this one after the current frame. Closing twice is quiet.
     */
    void close(EndCause cause);
}
