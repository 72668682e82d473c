package dev.homeport.route.serve;

import dev.homeport.Peer;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Logs refused calls with who made them. A caller decides how often it is refused, and what it calls, so only some
 * in each stretch of time are loud; the next stretch begins with how many were not. One for the process; any thread.
 */
final class RefusalLog {
    static final RefusalLog INSTANCE = new RefusalLog();

    private static final Logger LOG = Logger.getLogger("dev.homeport.access");
    private static final int MAX_LOUD = 20;
    private static final long STRETCH_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Longest method name that goes into the log, in characters. */
    private static final int MAX_NAME_CHARS = 200;

    // Guarded by this.
    private long stretchEndNanos = System.nanoTime();
    private int refusals;

    void add(String method, @Nullable Peer peer) {
        int quiet = 0;
        boolean loud;
        synchronized (this) {
            long now = System.nanoTime();
            if (now - stretchEndNanos >= 0) {
                quiet = Math.max(0, refusals - MAX_LOUD);
                refusals = 0;
                stretchEndNanos = now + STRETCH_NANOS;
            }
            loud = ++refusals <= MAX_LOUD;
        }
        if (quiet > 0) {
            LOG.log(Level.WARNING, "calls refused and not logged each: " + quiet);
        }
        LOG.log(loud ? Level.WARNING : Level.FINE, () -> "call refused: method=" + oneLine(method) + ", " + peer);
    }

    private static String oneLine(String method) {
        StringBuilder line = new StringBuilder();
        method.codePoints()
                .limit(MAX_NAME_CHARS)
                .forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return line.toString();
    }
}
