package dev.homeport.lpc.syscall;

import java.util.concurrent.atomic.LongAdder;

/**
 * Sees to it that no virtual thread waits in the kernel, where it would hold its carrier: an assertion, and
 * a count where assertions are off. Any thread.
 */
public final class VirtualThreadGuard {
    private static final LongAdder VIOLATIONS = new LongAdder();

    private VirtualThreadGuard() {}

    /** Times a virtual thread was about to wait in a native call, in this process; 0 if nothing is broken. */
    public static long violations() {
        return VIOLATIONS.sum();
    }

    static void beforeWaiting(int syscallNumber) {
        if (Thread.currentThread().isVirtual()) {
            VIOLATIONS.increment();
            assert false : "a virtual thread must not wait in a system call: number=" + syscallNumber;
        }
    }
}
