package dev.homeport.spi;

/**
 * The turn to read a port, held by the thread that calls {@link FrameReceiver#onFrame}. Only that thread
 * may use it, and only during the call.
 */
public interface ReadTurn {

    /**
     * Asks to run user code on this thread before reading on. Where it answers true, everything read so
     * far is published as read and others may take the turn over if the user code is slow; the thread
     * must call {@link #leaveUserCode} afterwards. Where it answers false (a waiting caller, or the last
     * free reader), the work must be given to an executor.
     */
    boolean tryEnterUserCode();

    /**
     * Ends what {@link #tryEnterUserCode} began.
     *
     * @return false if the turn was taken over meanwhile: then this thread returns without touching
     *     anything that the turn guards
     */
    boolean leaveUserCode();

    /**
     * After {@link #leaveUserCode} has answered false: whether the user code gave the turn up by itself, to wait for
     * something that came soon. Then it held up nobody, and is as welcome here as before.
     */
    default boolean onlyWaited() {
        return false;
    }
}
