package dev.homeport.lpc.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.Golden;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.lpc.transfer.Announcement;
import dev.homeport.lpc.transfer.ControlRecord;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The bytes of an outbox, of the records in its queue, and of what stands in them for the transport. */
class GoldenQueueTest {
    private static final int QUEUE_BYTES = OutboxLayout.MIN_QUEUE_BYTES;
    private static final byte[] FRAME = {1, 2, 3};

    private Outbox own;
    private Outbox peer;
    private PeerOutbox peerView;
    private PeerOutbox ownView;

    @BeforeEach
    void open() throws Exception {
        own = Outbox.create(QUEUE_BYTES);
        peer = Outbox.create(QUEUE_BYTES);
        peerView = PeerOutbox.map(peer.descriptor(), QUEUE_BYTES, own);
        ownView = PeerOutbox.map(own.descriptor(), QUEUE_BYTES, peer);
    }

    @AfterEach
    void close() throws IOException {
        ownView.close();
        peerView.close();
        own.close();
        peer.close();
    }

    private byte[] bytes(int at, int length) {
        byte[] bytes = new byte[length];
        own.buffer().get(at, bytes);
        return bytes;
    }

    private byte[] queue(int at, int length) {
        return bytes(OutboxLayout.QUEUE + at, length);
    }

    @Test
    void freshOutbox() {
        Golden.assertBytes(bytes(0, 16), """
                48 50 42 4f 58 | magic: HPBOX
                00             | magic: nothing
                01 00          | version of the layout
                00 10 00 00    | bytes of the queue
                00 00 00 00    | nothing
                """);
        Golden.assertBytes(bytes(128, 8), "00 00 00 00 00 00 00 00 | tail");
        Golden.assertBytes(bytes(256, 8), "00 00 00 00 00 00 00 00 | cursor in the peer's queue");
        Golden.assertBytes(bytes(384, 4), "00 00 00 00 | asleep: READING, epoch 0");
        Golden.assertBytes(bytes(512, 4), "00 00 00 00 | wants room");
        Golden.assertBytes(bytes(640, 4), "ff ff ff ff | processor: not known");
        assertThat(own.segment().byteSize()).isEqualTo(4096 + QUEUE_BYTES);
    }

    @Test
    void wordsOfAnOutboxInUse() {
        Words.setLongRelease(own.segment(), OutboxLayout.TAIL, 0x0102030405060708L);
        Words.setLongRelease(own.segment(), OutboxLayout.CURSOR, 0x10);
        Words.setIntRelease(own.segment(), OutboxLayout.ASLEEP, 3 * OutboxLayout.EPOCH_STEP | OutboxLayout.FUTEX);
        Words.setIntRelease(own.segment(), OutboxLayout.WANTS_ROOM, 1);

        Golden.assertBytes(bytes(128, 8), "08 07 06 05 04 03 02 01 | tail");
        Golden.assertBytes(bytes(256, 8), "10 00 00 00 00 00 00 00 | cursor in the peer's queue");
        Golden.assertBytes(bytes(384, 4), "0d 00 00 00 | asleep: FUTEX, epoch 3");
        Golden.assertBytes(bytes(512, 4), "01 00 00 00 | wants room");
        assertThat(OutboxLayout.READING).isEqualTo(0);
        assertThat(OutboxLayout.EPOLL).isEqualTo(2);
    }

    @Test
    void frameAndControlRecord() throws Exception {
        QueueWriter writer = new QueueWriter(own, peerView);
        writer.tryWrite(RecordLayout.KIND_FRAME, FRAME, 0, FRAME.length);
        byte[] release = new ControlRecord(ControlRecord.RELEASE, 2, 0x1_0000_0040L).toBytes();
        writer.tryWrite(RecordLayout.KIND_CONTROL, release, 0, release.length);

        Golden.assertBytes(queue(0, 40), """
                03 00 00 00             | length
                01 00 00 00             | kind: frame
                01 02 03                | frame
                00 00 00 00 00          | to the next multiple of 8
                10 00 00 00             | length
                03 00 00 00             | kind: control
                03 00 00 00             | operation RELEASE
                02 00 00 00             | section
                40 00 00 00 01 00 00 00 | offset
                """);
        Golden.assertBytes(bytes(OutboxLayout.TAIL, 8), "28 00 00 00 00 00 00 00 | tail");
    }

    @Test
    void paddingBeforeTheEndOfTheRing() throws Exception {
        QueueWriter writer = new QueueWriter(own, peerView);
        QueueReader reader = new QueueReader(peer, ownView);
        byte[] longest = new byte[RecordLayout.maxFrameBytes(QUEUE_BYTES)];
        byte[] into = new byte[RecordLayout.MAX_FRAME_BYTES];
        for (int record = 0; record < 3; record++) {
            assertThat(writer.tryWrite(RecordLayout.KIND_FRAME, longest, 0, longest.length)).isTrue();
            assertThat(reader.tryRead(into)).isEqualTo(longest.length);
        }
        byte[] shorter = Arrays.copyOf(longest, longest.length - 8);
        writer.tryWrite(RecordLayout.KIND_FRAME, shorter, 0, shorter.length);
        reader.tryRead(into);
        reader.publishCursor();

        writer.tryWrite(RecordLayout.KIND_FRAME, FRAME, 0, FRAME.length);

        Golden.assertBytes(queue(QUEUE_BYTES - 8, 8), """
                00 00 00 00 | length: nothing behind the header
                02 00 00 00 | kind: padding
                """);
        Golden.assertBytes(queue(0, 11), """
                03 00 00 00 | length
                01 00 00 00 | kind: frame
                01 02 03    | frame, at the beginning of the ring
                """);
        assertThat(reader.tryRead(into)).isEqualTo(FRAME.length);
    }

    @Test
    void controlRecordsAndAnnouncement() {
        Golden.assertBytes(new ControlRecord(ControlRecord.READY, 1, 0).toBytes(), """
                01 00 00 00             | operation READY
                01 00 00 00             | section
                00 00 00 00 00 00 00 00 | no offset
                """);
        Golden.assertBytes(new ControlRecord(ControlRecord.REFUSED, 1, 0).toBytes(), """
                02 00 00 00             | operation REFUSED
                01 00 00 00             | section
                00 00 00 00 00 00 00 00 | no offset
                """);
        Golden.assertBytes(new ControlRecord(ControlRecord.GONE, 1, 0).toBytes(), """
                04 00 00 00             | operation GONE
                01 00 00 00             | section
                00 00 00 00 00 00 00 00 | no offset
                """);
        Golden.assertBytes(new Announcement(3, 4 << 20).toBytes(), """
                53 45 43 54             | SECT
                03 00 00 00             | section
                00 00 40 00 00 00 00 00 | size
                """);
    }
}
