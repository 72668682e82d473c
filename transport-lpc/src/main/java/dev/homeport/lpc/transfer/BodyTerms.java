package dev.homeport.lpc.transfer;

import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.PeerSpace;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What bodies go by on one connection.
 *
 * @param outbox our outbox, which must not come back as a section
 * @param peer our view of the peer's outbox
 * @param pidfd descriptor of the peer's process; negative if there is none
 * @param peerUid whose bounds count
 * @param directRefusal why direct was not agreed on at set-up; empty if it was
 * @param space the client's address space; null on the client's side, or without direct
 * @param queueBelowBytes messages shorter than this go through the queue
 * @param directFromBytes messages of at least this length go direct first
 * @param background runs what takes long
 */
public record BodyTerms(
        Outbox outbox,
        MemorySegment peer,
        int pidfd,
        int peerUid,
        String directRefusal,
        @Nullable PeerSpace space,
        int queueBelowBytes,
        int directFromBytes,
        Executor background) {

    /** Whether both sides agreed on direct. */
    boolean direct() {
        return directRefusal.isEmpty();
    }

    MemorySegment own() {
        return outbox.segment();
    }
}
