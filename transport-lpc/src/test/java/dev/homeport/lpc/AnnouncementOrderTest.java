package dev.homeport.lpc;

import static dev.homeport.lpc.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.Section;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.transfer.Announcement;
import dev.homeport.lpc.transfer.Bounds;
import dev.homeport.lpc.transfer.ControlRecord;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each packet of a peer rings for any reader; announcements are seen in the order in which they were sent all the same. */
@Timeout(60)
class AnnouncementOrderTest {
    private static final int CONNECTIONS = 40;
    private static final int READERS = 3;
    private static final long ANSWERS_BYTES = Bounds.MAX_SECTIONS * (long) RecordLayout.recordBytes(ControlRecord.BYTES);

    @Test
    void readersDoNotOvertakeEachOther() throws Exception {
        for (int i = 0; i < CONNECTIONS; i++) {
            Deaf ears = new Deaf();
            try (PlayedPeer peer = new PlayedPeer(ears)) {
                List<Thread> readers = new ArrayList<>();
                for (int r = 0; r < READERS; r++) {
                    readers.add(Thread.ofPlatform().daemon().start(() -> readUntilAnswered(peer, ears)));
                }
                for (int number = 0; number < Bounds.MAX_SECTIONS; number++) {
                    announce(peer, number);
                }
                for (Thread reader : readers) {
                    reader.join();
                }
                assertThat(ears.end.getNow(null)).as("end of connection %d", i).isNull();
                assertThat(eventually(() -> answeredBytes(peer) == ANSWERS_BYTES)).isTrue();
            }
        }
    }

    private static void announce(PlayedPeer peer, int number) throws Exception {
        Section section = Section.create(Bounds.MIN_SECTION_BYTES);
        try {
            byte[] packet = new Announcement(number, section.sizeBytes()).toBytes();
            assertThat(Messages.send(
                    peer.endpoint.pairDescriptor(), packet, 0, packet.length, section.descriptor()))
                    .isEqualTo(packet.length);
        } finally {
            section.close();
        }
    }

    private static void readUntilAnswered(PlayedPeer peer, Deaf ears) {
        DoorbellReader doorbell = new DoorbellReader();
        eventually(() -> {
            peer.port.readDoorbell(doorbell);
            return ears.end.isDone() || answeredBytes(peer) == ANSWERS_BYTES;
        });
    }

    /** What the port has written: an answer to each announcement. */
    private static long answeredBytes(PlayedPeer peer) {
        return Words.getLongAcquire(peer.endpoint.peer().segment(), OutboxLayout.TAIL);
    }
}
