package dev.homeport.bench.limit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.homeport.bench.rival.Reading;
import dev.homeport.bench.system.SharedBlock;
import java.lang.foreign.MemorySegment;

/**
 * The server's side of a ping-pong, by one thread. Between runs it sleeps, so that it takes no core from the rivals
 * that are measured in the meantime.
 */
public final class PingPongServer implements Runnable {
    /** Value of the mode while nothing is measured; otherwise 1 and the ordinal of the handover. */
    public static final int IDLE = 0;

    private final SharedBlock block;

    public PingPongServer(SharedBlock block) {
        this.block = block;
    }

    /** The client's call before a run; the calls of the run follow. */
    public static void begin(SharedBlock block, Handover handover) {
        block.setRelease(SharedBlock.MODE, handover.ordinal() + 1);
        block.wake(SharedBlock.MODE);
    }

    /** The client's call after a run, when its last call has returned: one more request that ends the run. */
    public static void end(SharedBlock block) {
        block.setRelease(SharedBlock.MODE, IDLE);
        block.setRelease(SharedBlock.REQUEST, block.getAcquire(SharedBlock.REPLY) + 1);
        block.wake(SharedBlock.REQUEST);
        Handover.FUTEX.await(block, SharedBlock.REPLY, block.getAcquire(SharedBlock.REQUEST));
    }

    /** Serves run after run, for ever. */
    @Override
    public void run() {
        while (true) {
            block.sleep(SharedBlock.MODE, IDLE);
            int mode = block.getAcquire(SharedBlock.MODE);
            if (mode != IDLE) {
                serve(Handover.values()[mode - 1]);
            }
        }
    }

    private void serve(Handover handover) {
        MemorySegment requests = block.requests();
        MemorySegment replies = block.replies();
        int number = block.getAcquire(SharedBlock.REPLY);
        while (true) {
            handover.await(block, SharedBlock.REQUEST, ++number);
            if (block.getAcquire(SharedBlock.MODE) == IDLE) {
                Handover.FUTEX.tell(block, SharedBlock.REPLY, number);
                return;
            }
            byte[] request = new byte[block.getAcquire(SharedBlock.LENGTH)];
            MemorySegment.copy(requests, JAVA_BYTE, 0, request, 0, request.length);
            Reading.sum(request);
            MemorySegment.copy(request, 0, replies, JAVA_BYTE, 0, request.length);
            handover.tell(block, SharedBlock.REPLY, number);
        }
    }
}
