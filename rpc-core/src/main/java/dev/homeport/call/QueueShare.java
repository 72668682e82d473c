package dev.homeport.call;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What one queue of one call has reserved of {@link UserQueue}. One thread at a time grows it; any thread gives back.
 * A message that arrives just as all is given back may be kept unreserved until the next one comes: the sum is a
 * bound, not an account.
 */
final class QueueShare {
    /** Kept for a call without asking; how many calls there are is bounded by itself. */
    static final int FREE_BYTES = 4 * 1024;

    /** Reserved at once: a small part of a call's window, and far more than most messages. */
    static final int STEP_BYTES = 64 * 1024;

    private static final VarHandle RESERVED;

    static {
        try {
            RESERVED = MethodHandles.lookup().findVarHandle(QueueShare.class, "reserved", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final UserQueue user;
    /** Only through {@link #RESERVED}. */
    private volatile long reserved;
    private volatile boolean closed;

    QueueShare(UserQueue user) {
        this.user = user;
    }

    /** Whether so many bytes may be kept in all. */
    boolean tryGrow(long keptBytes) {
        long missing = keptBytes - FREE_BYTES - reserved;
        return missing <= 0 || reserve(missing);
    }

    private boolean reserve(long missing) {
        long steps = Math.ceilDiv(missing, STEP_BYTES) * STEP_BYTES;
        if (closed || !user.tryReserve(steps)) {
            return false;
        }
        RESERVED.getAndAdd(this, steps);
        if (closed) {
            // Whoever closed it may have looked before this was there.
            giveBack();
        }
        return true;
    }

    /** Nothing is kept now. */
    void giveBack() {
        if (reserved > 0) {
            user.giveBack((long) RESERVED.getAndSet(this, 0L));
        }
    }

    /** Nothing will be kept any more. Quiet when done twice. */
    void close() {
        closed = true;
        giveBack();
    }

    String exhausted() {
        return user.exhausted();
    }
}
