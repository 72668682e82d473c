package dev.homeport.bench.limit;

import dev.homeport.bench.system.SharedBlock;

/** One echo of a payload, in whichever way. Used by one thread. */
public interface Echo {
    /** Sends the payload, reads what comes back into a fresh array, and looks at every byte of it. */
    void call(byte[] payload);

    /** Between processes. */
    static Echo between(SharedBlock block, Handover handover) {
        return new PingPong(block, handover);
    }

    /** The copies alone. */
    static Echo copies() {
        return new Copies();
    }
}
