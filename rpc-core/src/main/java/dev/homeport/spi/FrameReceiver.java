package dev.homeport.spi;

/**
 * Takes what a {@link FramePort} reads. Calls come one at a time, from whichever thread has the
 * {@link ReadTurn}; while that thread is in user code another may have taken over and call.
 */
public interface FrameReceiver {

    /** Makes the receiver of a port, before its first frame is read. */
    @FunctionalInterface
    interface Factory {
        /** @param peer what the peer said of itself; not verified but for the identity in the port */
        FrameReceiver receiverOf(FramePort port, LocalTransport.Setup peer);
    }

    /**
     * A frame has arrived.
     *
     * @param frame private memory of this process with the frame at offset 0; reused after the call
     * @param length bytes of the frame
     * @throws ProtocolViolation if the peer broke the protocol; the port then ends
     */
    void onFrame(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation;

    /** There may be room again after {@link FramePort.Sent#FULL}. Not before this are frames sent again. */
    void onRoom(ReadTurn turn);

    /** All frames that were there have been handed over; the reader is about to look elsewhere. */
    void onDrained(ReadTurn turn);

    /**
     * A frame of this side that the peer never read, nor will: its process has ended. In the order of sending, before
     * {@link #onEnd}, without a turn. Not told where the port cannot know.
     *
     * @param frame as it was sent
     * @param length bytes of the frame
     */
    default void onUnread(byte[] frame, int length) {}

    /** The port has ended; nothing follows. Called once, without a turn. */
    void onEnd(EndCause cause);
}
