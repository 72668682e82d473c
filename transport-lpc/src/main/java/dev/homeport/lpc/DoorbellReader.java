package dev.homeport.lpc;

import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.transfer.Announcement;

/**
 * Empties a port's end of the socket pair. What comes there after set-up is doorbells, which say nothing but
 * "look", and announcements of sections; descriptors that a peer attaches unasked are closed as they come. Owned by one reader thread.
 */
final class DoorbellReader {
    /** A doorbell has one byte, an announcement some more. Longer packets are cut; they mean no more. */
    private static final int PACKET_BYTES = Announcement.BYTES + 1;
    /** Packets read at once: more than a socket queues by default, so that a flood cannot hold the reader. */
    private static final int MAX_PACKETS = 1024;

    private final ReceivedMessage message =
            new ReceivedMessage(PACKET_BYTES, ReceivedMessage.MAX_DESCRIPTORS);
    private final byte[] packet = new byte[PACKET_BYTES];

    /** Reads what is there. Returns false at the end of the pair, or if it cannot be read any more. */
    boolean drain(int socket, LpcPort port) {
        for (int packets = 0; packets < MAX_PACKETS; packets++) {
            int received = Messages.receive(socket, message);
            if (received == -Errno.EAGAIN || received == -Errno.EINTR) {
                return true;
            }
            if (received <= 0) {
                return false;
            }
            try {
                look(port);
            } finally {
                message.closeDescriptors();
            }
        }
        return true;
    }

    private void look(LpcPort port) {
        if (message.descriptorCount() != 1 || message.isCut()) {
            return;
        }
        message.copyTo(packet, 0);
        if (Announcement.isOne(packet, message.lengthBytes())) {
            int[] taken = message.takeDescriptors();
            try {
                port.onAnnouncement(Announcement.read(packet), taken[0]);
            } finally {
                Descriptors.close(taken[0]);
            }
        }
    }
}
