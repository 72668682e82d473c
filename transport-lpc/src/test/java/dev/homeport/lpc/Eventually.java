package dev.homeport.lpc;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for what another thread, or another process, does. */
public final class Eventually {
    private static final int BEFORE_SAFETY_NET_SECONDS = 8;

    private Eventually() {}

    /** Whether the condition holds within eight seconds: before a reader's safety net could bring it about. */
    static boolean eventually(BooleanSupplier condition) {
        return within(BEFORE_SAFETY_NET_SECONDS, condition);
    }

    /** Whether the condition holds within that time. */
    public static boolean within(int seconds, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.yield();
        }
        return true;
    }
}
