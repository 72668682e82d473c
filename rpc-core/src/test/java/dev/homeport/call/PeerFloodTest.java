package dev.homeport.call;

import static dev.homeport.call.WireFrames.*;
import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.frame.Bytes;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.ProtocolViolation;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that sends much of what is allowed: what is kept for it is bounded, and nobody else waits for it. */
@Timeout(20)
class PeerFloodTest {
    private static final int BIDI = Rig.METHODS.indexOf(Rig.BIDI);
    private static final int CALL = 5;
    private static final int ROUNDS = 50_000;

    private static byte[] announced(int call, int messageLength) {
        byte[] frame = open(call, BIDI, FLAG_MESSAGE | FLAG_FRAGMENTED, NOTHING, new byte[8]);
        Bytes.putInt(frame, OPEN_MESSAGE_LENGTH, messageLength);
        return frame;
    }

    @Test
    void callsOpenedAndCancelledAreForgotten() {
        Rig rig = new Rig().numbered();
        for (int i = 0; i < ROUNDS; i++) {
            int number = i % 100 | i / 100 << OutgoingTable.SLOT_BITS;
            rig.port.feed(open(number, BIDI));
            rig.port.feed(cancel(number, 1, ""));
        }

        assertThat(rig.port.end()).isNull();
        assertThat(rig.served).hasSize(ROUNDS).allMatch(call -> call.cancels.get() == 1 && call.ends() == 1);
    }

    /** Cancelled or not, a call whose handler waits for a thread keeps a place. */
    @Test
    void callsCancelledBeforeTheirHandlerRanCountAsOpen() {
        ArrayDeque<Runnable> busy = new ArrayDeque<>();
        Rig rig = new Rig(busy::add, Rig.LIMITS, List.of()).numbered();
        for (int i = 0; i < ROUNDS; i++) {
            rig.port.feed(open(i, BIDI));
            rig.port.feed(cancel(i, 1, ""));
        }
        assertThat(busy).hasSizeLessThanOrEqualTo(2 * Rig.MAX_OPEN_CALLS);

        while (!busy.isEmpty()) {
            busy.poll().run();
        }

        rig.port.feed(open(ROUNDS, BIDI));
        assertThat(busy).as("there is room for calls again").hasSize(1);
        assertThat(rig.served).hasSize(Rig.MAX_OPEN_CALLS).allMatch(call -> call.ends() == 1);
    }

    /** An honest peer has as many calls as there are numbers, and uses none again before it knows what became of it. */
    @Test
    void refusalsThatNobodyReadsEndTheConnection() {
        Rig rig = new Rig().numbered();
        rig.port.peerReads(false);
        byte[] refused = announced(CALL, Rig.MAX_MESSAGE_BYTES + 1);

        int frames = 0;
        while (!rig.port.isEnded() && frames < 1_000_000) {
            rig.port.feed(refused);
            frames++;
        }

        assertThat(frames).isEqualTo(OutgoingTable.MAX_SLOTS + 1);
        assertThat(rig.port.end().kind()).isEqualTo(EndCause.Kind.VIOLATION);
        assertThat(rig.port.end().detail()).contains("refusals are not read: max=65536");
    }

    @Test
    void refusalsThatAreReadAreNotCounted() {
        Rig rig = new Rig().numbered();
        for (int i = 0; i < 2 * OutgoingTable.MAX_SLOTS; i++) {
            rig.port.feed(announced(CALL, Rig.MAX_MESSAGE_BYTES + 1));
        }
        assertThat(rig.port.end()).isNull();
    }

    @Test
    void firstPieceOfALongFrameTakesLittleMoreThanItBrought() throws Exception {
        byte[] piece = announced(CALL, 4 * 1024 * 1024);

        Reassembly pieces = new Reassembly(piece, piece.length, 4L * 1024 * 1024);

        assertThat(pieces.bytes().length).isLessThanOrEqualTo(8 * piece.length);
    }

    @Test
    void frameTooLongForAnArrayIsAViolation() {
        byte[] piece = announced(CALL, Integer.MAX_VALUE);

        assertThatThrownBy(() -> new Reassembly(piece, piece.length, OPEN_BYTES + (long) Integer.MAX_VALUE))
                .isInstanceOf(ProtocolViolation.class);
    }

    /** With no limit on messages but that of an int, a frame around the longest one has no length. */
    @Test
    void longestMessageThereIsEndsTheConnectionAndThrowsNothing() {
        CallLimits none = new CallLimits(Integer.MAX_VALUE, Rig.MAX_METADATA_BYTES, Rig.MAX_OPEN_CALLS);
        Rig rig = new Rig(Runnable::run, none, List.of()).numbered();

        rig.port.feed(announced(CALL, Integer.MAX_VALUE));

        assertThat(rig.port.end().kind()).isEqualTo(EndCause.Kind.VIOLATION);
    }

    @Test
    void metadataAnnouncedOverTheLimitIsRefusedBeforeItComes() {
        Rig rig = new Rig().numbered();
        byte[] frame = open(CALL, BIDI, FLAG_FRAGMENTED, NOTHING, NOTHING);
        Bytes.putInt(frame, OPEN_METADATA_LENGTH, Rig.MAX_METADATA_BYTES + 1);

        rig.port.feed(frame);

        assertThat(rig.port.sent(TYPE_REPLY)).hasSize(1);
        assertThat(rig.port.end()).isNull();
    }

    @Test
    void openingsInPiecesAreCalls() {
        Rig rig = new Rig().numbered();
        for (int i = 0; i <= Rig.MAX_OPEN_CALLS; i++) {
            rig.port.feed(announced(i, Rig.MAX_MESSAGE_BYTES));
        }
        assertThat(rig.port.sent(TYPE_REPLY)).as("one too many").hasSize(1);

        rig.port.feed(cancel(0, 1, ""));
        rig.port.feed(announced(1000, Rig.MAX_MESSAGE_BYTES));
        assertThat(rig.port.sent(TYPE_REPLY)).as("cancelled ones make room").hasSize(1);

        rig.port.feed(announced(1000 + OutgoingTable.MAX_SLOTS, Rig.MAX_MESSAGE_BYTES));
        assertThat(rig.port.end().detail()).contains("call number in use");
    }

    @Test
    void pieceForAnotherGenerationOfASlotMeetsNobody() {
        Rig rig = new Rig().numbered();
        rig.port.feed(announced(CALL, 16));

        rig.port.feed(fragment(0, CALL + OutgoingTable.MAX_SLOTS, 8));
        rig.port.feed(cancel(CALL + OutgoingTable.MAX_SLOTS, 1, ""));
        assertThat(rig.served).isEmpty();

        rig.port.feed(fragment(0, CALL, 8));
        assertThat(rig.port.end()).isNull();
        assertThat(rig.served).hasSize(1);
    }

    @Test
    void stormOfDrainsIsAnsweredOnce() {
        Rig rig = new Rig();
        for (int i = 0; i < 10_000 && !rig.port.isEnded(); i++) {
            rig.port.feed(drain(0));
        }
        assertThat(rig.port.sent(TYPE_DRAIN))
                .as("one request to the side that calls back, one acknowledgement")
                .hasSizeLessThanOrEqualTo(2)
                .doesNotHaveDuplicates();
    }

    /** Its status has not left, as the peer reads nothing: the peer may have given up the number all the same. */
    @Test
    void callOverByItsDeadlineGivesItsPlaceToTheNext() {
        Rig rig = new Rig().numbered();
        rig.port.peerReads(false);
        rig.port.feed(open(CALL, BIDI, 0, NOTHING, NOTHING, 1_000_000));
        assertThat(Rig.eventually(() -> rig.served.getFirst().ends() == 1)).isTrue();

        rig.port.feed(open(CALL + OutgoingTable.MAX_SLOTS, BIDI));
        rig.port.feed(cancel(CALL + OutgoingTable.MAX_SLOTS, 1, ""));

        assertThat(rig.port.end()).isNull();
        assertThat(rig.connection.hasOpenCalls()).isFalse();
    }

    @Test
    void callOverByItsDeadlineIsForgottenWithItsConnection() {
        Rig rig = new Rig().numbered();
        rig.port.peerReads(false);
        rig.port.feed(open(CALL, BIDI, 0, NOTHING, NOTHING, 1_000_000));
        assertThat(Rig.eventually(() -> rig.served.getFirst().ends() == 1)).isTrue();

        rig.port.close(EndCause.of(EndCause.Kind.PEER_DEATH, ""));

        assertThat(rig.connection.hasOpenCalls()).isFalse();
        assertThat(rig.served.getFirst().ends()).isEqualTo(1);
    }

    /** Transport filters are user code: whoever reads does not wait for them. */
    @Test
    void filterThatBlocksAtTheEndHoldsNobody() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        ServerTransportFilter blocking = new ServerTransportFilter() {
            @Override
            public void transportTerminated(Attributes attributes) {
                told.countDown();
                awaitQuietly(go);
            }
        };
        Rig rig = new Rig(Runnable::run, Rig.LIMITS, List.of(blocking)).numbered();
        rig.port.feed(open(CALL, BIDI));

        rig.port.feed(bye(""));

        assertThat(rig.connection.isEnded()).isTrue();
        assertThat(rig.served.getFirst().cancels).hasValue(1);
        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
        go.countDown();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
