package dev.homeport.bench.limit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.homeport.bench.rival.Reading;
import dev.homeport.bench.system.SharedBlock;
import java.lang.foreign.MemorySegment;

/**
 * The client's side of a ping-pong: array to shared memory, hand over, wait, shared memory to a fresh array, read.
 * Owned by the thread that calls it.
 */
final class PingPong implements Echo {
    private final SharedBlock block;
    private final Handover handover;
    private final MemorySegment requests;
    private final MemorySegment replies;
    private int number;

    PingPong(SharedBlock block, Handover handover) {
        this.block = block;
        this.handover = handover;
        this.requests = block.requests();
        this.replies = block.replies();
        this.number = block.getAcquire(SharedBlock.REPLY);
    }

    @Override
    public void call(byte[] payload) {
        MemorySegment.copy(payload, 0, requests, JAVA_BYTE, 0, payload.length);
        block.setRelease(SharedBlock.LENGTH, payload.length);
        handover.tell(block, SharedBlock.REQUEST, ++number);
        handover.await(block, SharedBlock.REPLY, number);
        byte[] reply = new byte[payload.length];
        MemorySegment.copy(replies, JAVA_BYTE, 0, reply, 0, reply.length);
        Reading.sum(reply);
    }
}
