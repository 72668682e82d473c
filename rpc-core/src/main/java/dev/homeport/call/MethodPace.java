package dev.homeport.call;

/**
 * Whether a method's handler is slow: learned from how often a reading thread lost its turn in it, or a caller that
 * waits was kept by it. Plain fields on purpose: threads may overwrite each other's count, which costs a little accuracy and no more.
 */
final class MethodPace {
    /** Points at which a method counts as slow. */
    private static final int SLOW = 4;
    private static final int POINTS_FOR_LATE = 2;
    private static final int MAX_POINTS = 64;
    /** A slow method is tried on the reading thread again once in so many calls. */
    private static final int CALLS_BETWEEN_TRIES = 256;

    private int points;
    private int callsSinceTry;
    private boolean keptCaller;

    void ran(boolean inTime) {
        if (!inTime) {
            points = Math.min(MAX_POINTS, points + POINTS_FOR_LATE);
        } else if (points > 0) {
            points--;
        }
    }

    /** A waiting caller could not return for it: that is not tried again. */
    void keptCaller() {
        keptCaller = true;
    }

    boolean isSlow() {
        if (keptCaller) {
            return true;
        }
        if (points < SLOW) {
            return false;
        }
        if (++callsSinceTry < CALLS_BETWEEN_TRIES) {
            return true;
        }
        callsSinceTry = 0;
        return false;
    }
}
