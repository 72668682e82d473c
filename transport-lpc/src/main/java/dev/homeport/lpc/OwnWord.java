package dev.homeport.lpc;

import dev.homeport.lpc.syscall.Futex;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A word of this process alone that a thread waits for beside the peer's: whoever has a reason to end the wait bumps it.
 * Lives as long as this object, longer than any connection's memory. Any thread.
 */
final class OwnWord {
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    private final MemorySegment word = Arena.ofAuto().allocate(4, 4);

    /** For the futex, while this object is reachable. */
    long address() {
        return word.address();
    }

    /** What it is now: what the futex expects if there was no reason up to here. */
    int value() {
        return (int) INT.getVolatile(word, 0L);
    }

    /** Whoever begins to wait for the value of before does not wait. */
    void bump() {
        INT.getAndAdd(word, 0L, 1);
    }

    /** Wakes those who wait already. After {@link #bump}. */
    void wake() {
        Futex.wakePrivate(word.address());
    }
}
