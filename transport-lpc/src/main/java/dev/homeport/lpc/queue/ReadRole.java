package dev.homeport.lpc.queue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Who may read a queue: at most one thread, which may lose it while it is in user code.
 *
 * <pre>
 *   FREE ──acquire──► HELD ──enterUserCode──► USER_CODE(epoch)
 *     ▲                │  ◄──leaveUserCode──────┤
 *     └────release─────┘                        └──takeOver──► HELD by another
 *   FREE ──closeForEver──► CLOSED
 * </pre>
 *
 * The low two bits are the state, the rest counts entries into user code, so that a thread which comes back
 * cannot mistake another's stay for its own.
 */
public final class ReadRole {
    private static final int FREE = 0;
    private static final int HELD = 1;
    private static final int USER_CODE = 2;
    private static final int CLOSED = 3;
    private static final int STATE = 3;
    private static final int EPOCH_STEP = 4;
    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(ReadRole.class, "word", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int word;

    public boolean tryAcquire() {
        int now = word;
        return (now & STATE) == FREE && WORD.compareAndSet(this, now, now | HELD);
    }

    /** Only by the holder. Volatile: what was guarded is visible to the next, and waiters are looked for after. */
    public void release() {
        word = word & ~STATE;
    }

    public boolean isFree() {
        return (word & STATE) == FREE;
    }

    public boolean isInUserCode() {
        return (word & STATE) == USER_CODE;
    }

    public boolean isClosed() {
        return (word & STATE) == CLOSED;
    }

    /**
     * Only by the holder.
     *
     * @return for {@link #leaveUserCode}
     */
    public int enterUserCode() {
        int entered = (word & ~STATE) + EPOCH_STEP | USER_CODE;
        // Release: what was guarded is visible to who takes over. Who sees it late comes again.
        WORD.setRelease(this, entered);
        return entered;
    }

    /** Whether the role is still this thread's, which entered with this word. */
    public boolean leaveUserCode(int entered) {
        return WORD.compareAndSet(this, entered, entered & ~STATE | HELD);
    }

    /** Takes the role from a thread in user code, whichever it is. */
    public boolean tryTakeOver() {
        int now = word;
        return (now & STATE) == USER_CODE && WORD.compareAndSet(this, now, now & ~STATE | HELD);
    }

    /** Takes the role from the stay in user code that this word, seen by {@link #stay}, stands for. */
    public boolean tryTakeOver(int stay) {
        return (stay & STATE) == USER_CODE && WORD.compareAndSet(this, stay, stay & ~STATE | HELD);
    }

    /** What stands for the present stay in user code; anything else if there is none. */
    public int stay() {
        return word;
    }

    /** Only by the holder: nobody acquires it any more. */
    public void closeForEver() {
        word = CLOSED;
    }
}
