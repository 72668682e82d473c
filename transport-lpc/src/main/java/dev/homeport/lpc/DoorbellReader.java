package dev.homeport.lpc;

import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.ReceivedMessage;

/**
 * Empties a port's end of the socket pair. What comes there after set-up is doorbells, which say nothing but
 * "look"; descriptors that a peer attaches unasked are closed as they come. Owned by one reader thread.
 */
final class DoorbellReader {
    /** A doorbell has one byte. Longer packets are cut; they mean no more. */
    private static final int DOORBELL_BYTES = 8;
    /** Packets read at once: more than a socket queues by default, so that a flood cannot hold the reader. */
    private static final int MAX_PACKETS = 1024;

    private final ReceivedMessage message =
            new ReceivedMessage(DOORBELL_BYTES, ReceivedMessage.MAX_DESCRIPTORS);

    /** Reads what is there. Returns false at the end of the pair, or if it cannot be read any more. */
    boolean drain(int socket) {
        for (int packets = 0; packets < MAX_PACKETS; packets++) {
            int received = Messages.receive(socket, message);
            if (received == -Errno.EAGAIN || received == -Errno.EINTR) {
                return true;
            }
            if (received <= 0) {
                return false;
            }
            message.closeDescriptors();
        }
        return true;
    }
}
