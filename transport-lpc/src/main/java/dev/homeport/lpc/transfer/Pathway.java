package dev.homeport.lpc.transfer;

/** What sections need of their port. Any thread; nothing here waits. */
public interface Pathway {
    /**
     * Sends a record to the peer's transport, now or when there is room.
     *
     * @param wakes whether a sleeping peer is rung for it; else it goes with the next frame
     */
    void sendControl(ControlRecord record, boolean wakes);

    /** Sends a section's descriptor; false if it cannot be sent now. */
    boolean announce(Announcement announcement, int descriptor);

    /** Keeps the mappings of this connection until {@link #leave}; false if they are gone or going. */
    boolean enter();

    void leave();
}
