package dev.homeport.call;

import static dev.homeport.call.WireFrames.*;
import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.call.Rig.Made;
import dev.homeport.frame.Bytes;
import dev.homeport.frame.FrameHeader;
import dev.homeport.idl.v1.ConnectRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A block of a section is given back whatever becomes of the call whose message it holds. */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class BodyLeakTest {
    private static final int CALL = 5;
    private static final int STREAMED = Rig.METHODS.indexOf(Rig.STREAMED);
    private static final int BIDI = Rig.METHODS.indexOf(Rig.BIDI);
    private static final int LARGE_BYTES = 10_000;
    private static final ConnectRequest LARGE =
            ConnectRequest.newBuilder().setClientName("x".repeat(LARGE_BYTES)).build();

    private final Rig rig = new Rig().numbered();

    @BeforeEach
    void haveSections() {
        rig.port.haveSections();
    }

    private ClientCall<ConnectRequest, ConnectRequest> begin(Made made, CallOptions options, Metadata headers) {
        ClientCall<ConnectRequest, ConnectRequest> call = rig.connection.newCall(Rig.STREAMED, options);
        call.start(made, headers);
        call.request(1);
        return call;
    }

    private static Metadata longMetadata() {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("long", Metadata.ASCII_STRING_MARSHALLER), "v".repeat(FeedPort.MAX_FRAME_BYTES));
        return metadata;
    }

    /** A frame with a reference to a block in the place of its message. */
    private static byte[] named(byte[] frame, int lengthAt, int flags) {
        byte[] changed = withFlags(frame, flags | FLAG_MESSAGE | FLAG_BODY);
        Bytes.putInt(changed, lengthAt, LARGE_BYTES);
        return changed;
    }

    // ---- messages of ours ----

    @Test
    void messageHeldByACallThatIsCancelledIsGivenBack() {
        Made made = new Made();
        ClientCall<ConnectRequest, ConnectRequest> call = begin(made, CallOptions.DEFAULT, new Metadata());
        call.sendMessage(LARGE);
        assertThat(rig.port.blocksTaken()).isEqualTo(1);

        call.cancel("enough", null);

        assertThat(rig.port.blocksTaken()).isZero();
        assertThat(made.status().getCode()).isEqualTo(Code.CANCELLED);
    }

    @Test
    void messageHeldByACallThatRunsOutOfTimeIsGivenBackOnce() {
        Made made = new Made();
        ClientCall<ConnectRequest, ConnectRequest> call = begin(
                made, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.MILLISECONDS), new Metadata());
        call.sendMessage(LARGE);

        assertThat(Rig.eventually(() -> rig.port.blocksTaken() == 0)).isTrue();
        call.halfClose();

        assertThat(rig.port.blocksTaken()).isZero();
        // The clock's thread gives the memory back first.
        assertThat(Rig.eventually(() -> !made.statuses.isEmpty())).isTrue();
        assertThat(made.status().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
    }

    @Test
    void messageOverTheCallersOwnLimitIsGivenBack() {
        Made made = new Made();
        begin(made, CallOptions.DEFAULT.withMaxOutboundMessageSize(100), new Metadata()).sendMessage(LARGE);

        assertThat(rig.port.blocksTaken()).isZero();
        assertThat(made.statuses).hasSize(1);
    }

    @Test
    void replyHeldByACallThatItsCallerCancelsIsGivenBack() {
        rig.answer = BodyLeakTest::holdALargeReply;
        rig.port.feed(open(CALL, STREAMED, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));
        assertThat(rig.port.blocksTaken()).isEqualTo(1);

        rig.port.feed(cancel(CALL, 1, ""));

        assertThat(rig.port.blocksTaken()).isZero();
        assertThat(rig.served.getFirst().ends()).isEqualTo(1);
    }

    @Test
    void replyHeldByACallThatRunsOutOfTimeIsGivenBack() {
        rig.answer = BodyLeakTest::holdALargeReply;
        rig.port.feed(open(CALL, STREAMED, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING, 20_000_000));

        assertThat(Rig.eventually(() -> rig.served.getFirst().ends() == 1)).isTrue();

        assertThat(rig.port.blocksTaken()).isZero();
    }

    @Test
    void replyOfAHandlerThatGoesOnAfterTheEndIsGivenBack() {
        rig.answer = call -> {
            rig.port.feed(cancel(CALL, 1, ""));
            holdALargeReply(call);
            call.close(Status.OK, new Metadata());
        };
        rig.port.feed(open(CALL, STREAMED, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));

        assertThat(rig.port.blocksTaken()).isZero();
    }

    @Test
    void replyThatAFailingHandlerHoldsIsGivenBack() {
        rig.answer = call -> {
            holdALargeReply(call);
            call.close(Status.ABORTED, new Metadata());
        };
        rig.port.feed(open(CALL, STREAMED, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));

        assertThat(rig.port.blocksTaken()).isZero();
        assertThat(rig.port.sent(TYPE_REPLY)).hasSize(1);
    }

    private static void holdALargeReply(ServerCall<ConnectRequest, ConnectRequest> call) {
        call.sendHeaders(new Metadata());
        call.sendMessage(LARGE);
    }

    // ---- messages of the peer ----

    @Test
    void messageForAnEndedCallIsReleased() {
        Made made = rig.call(Rig.SERVER);
        rig.port.feed(WireFrames.status(made.number, 0));

        rig.port.feed(named(reply(made.number, 0, 0, NOTHING, new byte[BODY_BYTES], "", NOTHING),
                REPLY_MESSAGE_LENGTH, FLAG_STATUS));
        rig.port.feed(named(data(CALL, 0, new byte[BODY_BYTES]), DATA_MESSAGE_LENGTH, 0));

        assertThat(rig.port.end()).isNull();
        assertThat(rig.port.blocksOpened()).isZero();
    }

    @Test
    void messagesNobodyAskedForAreReleasedAtTheEnd() {
        rig.handlersRequest = false;
        rig.port.feed(open(CALL, BIDI));
        rig.port.feed(named(data(CALL, 0, new byte[BODY_BYTES]), DATA_MESSAGE_LENGTH, 0));
        assertThat(rig.port.blocksOpened()).isEqualTo(1);

        rig.port.feed(cancel(CALL, 1, ""));

        assertThat(rig.port.blocksOpened()).isZero();
    }

    @Test
    void messageOfARefusedCallIsReleased() {
        byte[] tooMuch = WireFrames.metadata("name", "v".repeat(Rig.MAX_METADATA_BYTES));
        rig.port.feed(named(open(CALL, STREAMED, 0, tooMuch, new byte[BODY_BYTES]), OPEN_MESSAGE_LENGTH, 0));

        assertThat(rig.port.sent(TYPE_REPLY)).hasSize(1);
        assertThat(rig.port.blocksOpened()).isZero();
    }

    // ---- a frame that is cut names no section ----

    @Test
    void longMetadataGoAheadOfAMessageInASection() {
        ClientCall<ConnectRequest, ConnectRequest> call = begin(new Made(), CallOptions.DEFAULT, longMetadata());
        call.sendMessage(LARGE);
        call.halfClose();

        assertThat(flags(TYPE_OPEN)).containsExactly(FLAG_FRAGMENTED);
        assertThat(flags(TYPE_DATA)).containsExactly(FLAG_MESSAGE | FLAG_BODY | FLAG_HALF_CLOSE);
    }

    @Test
    void longMetadataOfAReplyGoAroundItsMessage() {
        rig.answer = call -> {
            call.sendHeaders(longMetadata());
            call.sendMessage(LARGE);
            call.close(Status.OK, longMetadata());
        };
        rig.port.feed(open(CALL, STREAMED, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));

        assertThat(flags(TYPE_REPLY)).containsExactly(
                FLAG_HEADERS | FLAG_FRAGMENTED, FLAG_MESSAGE | FLAG_BODY, FLAG_STATUS | FLAG_FRAGMENTED);
        assertThat(rig.served.getFirst().completes).hasValue(1);
    }

    private List<Integer> flags(int type) {
        return rig.port.sent(type).stream().map(FrameHeader::flags).toList();
    }
}
