package dev.homeport.lpc.queue;

import dev.homeport.lpc.memory.OutboxLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The words by which two sides wake each other. Who is about to wait says so, and then looks once more for what it
 * waits for; who has published it looks, after that, whether anybody waits. A full fence stands between the two steps
 * on either side, so that at least one side sees the other. Each verb here is one step and its fence. Any thread; who
 * says what, and when, is the port's business.
 */
public final class WakeWords {
    private final MemorySegment own;
    private final MemorySegment peer;

    /**
     * @param own outbox of this side
     * @param peer outbox of the other side
     */
    public WakeWords(MemorySegment own, MemorySegment peer) {
        this.own = own;
        this.peer = peer;
    }

    /** Says how this side is about to sleep. It looks for a frame and for room afterwards. */
    public void fallAsleep(int asleep) {
        Words.setIntRelease(own, OutboxLayout.ASLEEP, asleep);
        // Full fence between ASLEEP and the peer's tail and cursor; partners: peerAsleep and peerWantsRoom of the peer.
        VarHandle.fullFence();
    }

    /** How the peer sleeps. After a frame was published. */
    public int peerAsleep() {
        // Full fence between our tail and the peer's ASLEEP; partner: fallAsleep of the peer.
        VarHandle.fullFence();
        // Acquire: the peer's cursor, read after this, is as it was published before the peer fell asleep.
        return Words.getIntAcquire(peer, OutboxLayout.ASLEEP);
    }

    /** Says that this side waits for room. It looks for room afterwards. */
    public void wantRoom() {
        Words.setIntRelease(own, OutboxLayout.WANTS_ROOM, 1);
        // Full fence between WANTS_ROOM and the peer's cursor; partner: peerWantsRoom of the peer.
        VarHandle.fullFence();
    }

    /** This side has room again. */
    public void wantNoRoom() {
        Words.setIntRelease(own, OutboxLayout.WANTS_ROOM, 0);
    }

    /** Whether the peer waits for room. After the cursor was published. */
    public boolean peerWantsRoom() {
        // Full fence between our cursor and the peer's WANTS_ROOM; partner: wantRoom of the peer.
        VarHandle.fullFence();
        return Words.getIntOpaque(peer, OutboxLayout.WANTS_ROOM) != 0;
    }
}
