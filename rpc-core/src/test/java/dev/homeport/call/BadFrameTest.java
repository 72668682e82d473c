package dev.homeport.call;

import static dev.homeport.call.WireFrames.*;
import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.call.Rig.Made;
import dev.homeport.frame.Bytes;
import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.ReplyFrame;
import dev.homeport.spi.EndCause;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * WireFrames of a peer that is broken or lies. What breaks the protocol ends the connection, and with it every call,
 * once, with a status that tells why; what only breaks a limit ends the one call.
 */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class BadFrameTest {
    private static final int UNARY = Rig.METHODS.indexOf(Rig.UNARY);
    private static final int BIDI = Rig.METHODS.indexOf(Rig.BIDI);
    /** The call of the peer that is open when a bad frame comes. */
    private static final int OPEN = 0;
    private static final int NEW = 1;
    /** The number of our own first call. */
    private static final int OURS = 1 << OutgoingTable.SLOT_BITS;

    private final Rig rig = new Rig().numbered();

    private static Arguments bad(String says, byte[]... frames) {
        return Arguments.of(says, List.of(frames));
    }

    private static byte[] with(byte[] frame, int at, int value) {
        byte[] changed = frame.clone();
        Bytes.putInt(changed, at, value);
        return changed;
    }

    private static byte[] reply(int flags, int code) {
        return WireFrames.reply(OURS, flags, code, NOTHING, NOTHING, "", NOTHING);
    }

    static Stream<Arguments> violations() {
        byte[] entry = WireFrames.metadata("a", "b");
        return Stream.of(
                // Every frame.
                bad("frame too short: lengthBytes=0", NOTHING),
                bad("frame too short: lengthBytes=7", new byte[7]),
                bad("unknown frame type: type=0", new byte[8]),
                bad("unknown frame type: type=10", FrameHeader.withBytes(10, 0, 0, 0, NOTHING)),
                bad("unknown frame type: type=255", FrameHeader.withBytes(255, 0, 0, 0, NOTHING)),
                // METHOD.
                bad("method number out of turn", method(Rig.METHODS.size() + 1, "a/b")),
                bad("method number out of turn", method(0, "a/b")),
                bad("method number out of turn", method(-1, "a/b")),
                bad("method name too long or empty", method(Rig.METHODS.size(), "")),
                bad("method name too long or empty", method(Rig.METHODS.size(), "x".repeat(1025))),
                bad("flags", withFlags(method(Rig.METHODS.size(), "a/b"), 1)),
                // OPEN.
                bad("OPEN too short", cut(open(NEW, BIDI), OPEN_BYTES - 1)),
                bad("OPEN malformed", withFlags(open(NEW, BIDI), FLAG_HEADERS)),
                bad("OPEN malformed", withFlags(open(NEW, BIDI), FLAG_FROM_CALLEE)),
                bad("OPEN malformed", withFlags(open(NEW, BIDI), FLAG_FRAGMENTED)),
                bad("OPEN malformed", withFlags(open(NEW, BIDI), FLAG_BODY)),
                bad("OPEN malformed", open(-1, BIDI)),
                bad("OPEN malformed", open(NEW, -2)),
                bad("OPEN malformed", open(NEW, BIDI, 0, NOTHING, new byte[1])),
                bad("OPEN malformed", open(NEW, BIDI, 0, NOTHING, NOTHING, 0)),
                bad("OPEN malformed", open(NEW, BIDI, 0, NOTHING, NOTHING, Long.MIN_VALUE)),
                bad("OPEN malformed", with(open(NEW, BIDI), OPEN_PARENT, -2)),
                bad("OPEN malformed", with(open(NEW, BIDI), OPEN_METADATA_LENGTH, -1)),
                bad("OPEN malformed", with(open(NEW, BIDI), OPEN_METADATA_LENGTH, Integer.MAX_VALUE)),
                bad("OPEN malformed", with(open(NEW, BIDI), OPEN_MESSAGE_LENGTH, Integer.MIN_VALUE)),
                bad("unknown method number", open(NEW, Rig.METHODS.size())),
                bad("unknown method number", open(NEW, Integer.MAX_VALUE)),
                bad("OPEN names no method", open(NEW, METHOD_BY_NAME)),
                bad("call number in use", open(OPEN, BIDI)),
                bad("call number in use", open(OPEN + OutgoingTable.MAX_SLOTS, BIDI)),
                bad("body beside the queue", bodyOf(open(NEW, BIDI, FLAG_MESSAGE, NOTHING, new byte[BODY_BYTES]),
                        OPEN_MESSAGE_LENGTH)),
                // Metadata.
                bad("metadata entry out of bounds", open(NEW, BIDI, 0, cut(entry, entry.length - 1), NOTHING)),
                bad("metadata entry out of bounds", open(NEW, BIDI, 0, new byte[1], NOTHING)),
                bad("metadata entry out of bounds", open(NEW, BIDI, 0, new byte[3], NOTHING)),
                bad("metadata entry out of bounds", open(NEW, BIDI, 0, new byte[] {1, -1, -1}, NOTHING)),
                bad("metadata entry out of bounds",
                        open(NEW, BIDI, 0, new byte[] {1, -1, -1, -1, -1, -1, -1, 'a'}, NOTHING)),
                bad("metadata entry out of bounds",
                        open(NEW, BIDI, 0, new byte[] {1, -1, -1, -1, -1, -1, 127, 'a'}, NOTHING)),
                bad("not printable ASCII", open(NEW, BIDI, 0, new byte[] {1, 1, 0, 'a', 7}, NOTHING)),
                bad("metadata name not allowed", open(NEW, BIDI, 0, new byte[] {1, 1, 0, '\n', 'x'}, NOTHING)),
                bad("metadata name not allowed", open(NEW, BIDI, 0, new byte[] {4, 0, 0, '-', 'b', 'i', 'n'}, NOTHING)),
                // DATA.
                bad("DATA too short", cut(data(OPEN, 0, NOTHING), DATA_BYTES - 1)),
                bad("DATA malformed", data(OPEN, FLAG_STATUS, NOTHING)),
                bad("DATA malformed", data(OPEN, 0, new byte[1])),
                bad("DATA malformed", with(data(OPEN, FLAG_MESSAGE, NOTHING), DATA_MESSAGE_LENGTH, -1)),
                bad("DATA malformed", with(data(OPEN, FLAG_MESSAGE, NOTHING), DATA_MESSAGE_LENGTH, 1)),
                bad("DATA malformed", data(OPEN, FLAG_MESSAGE | FLAG_FRAGMENTED, new byte[1])),
                bad("DATA malformed", data(NEW, FLAG_STATUS, NOTHING)),
                bad("DATA after half-close", piece(OPEN, 1000), data(OPEN, 0, NOTHING)),
                bad("body beside the queue", bodyOf(data(OPEN, FLAG_MESSAGE, new byte[BODY_BYTES]),
                        DATA_MESSAGE_LENGTH)),
                // A frame in pieces names no section.
                bad("OPEN malformed", withFlags(with(open(NEW, BIDI, 0, NOTHING, new byte[1]), OPEN_MESSAGE_LENGTH, 1_000),
                        FLAG_MESSAGE | FLAG_BODY | FLAG_FRAGMENTED)),
                bad("DATA malformed", withFlags(with(data(OPEN, 0, new byte[1]), DATA_MESSAGE_LENGTH, 1_000),
                        FLAG_MESSAGE | FLAG_BODY | FLAG_FRAGMENTED)),
                bad("REPLY malformed", with(WireFrames.reply(OURS, FLAG_HEADERS | FLAG_MESSAGE | FLAG_BODY | FLAG_FRAGMENTED, 0,
                        NOTHING, new byte[1], "", NOTHING), REPLY_MESSAGE_LENGTH, 1_000)),
                // FRAGMENT.
                bad("FRAGMENT of no frame", fragment(0, OPEN, 10)),
                bad("FRAGMENT of no frame", fragment(FLAG_FROM_CALLEE, OURS, 10)),
                bad("fragment too long or empty", piece(OPEN, 1000), fragment(0, OPEN, 1001)),
                bad("fragment too long or empty", piece(OPEN, 1000), fragment(0, OPEN, 0)),
                bad("call number never given", fragment(FLAG_FROM_CALLEE, 7, 10)),
                bad("flags", fragment(FLAG_FRAGMENTED, OPEN, 10)),
                // REPLY; of our own open call.
                bad("call number never given", WireFrames.status(1, 0)),
                bad("call number never given", WireFrames.status(-1, 0)),
                bad("call number never given", WireFrames.status(Integer.MAX_VALUE, 0)),
                bad("REPLY too short", cut(reply(FLAG_STATUS, 0), REPLY_BYTES - 1)),
                bad("REPLY malformed", reply(FLAG_STATUS, 17)),
                bad("REPLY malformed", reply(FLAG_STATUS, 0xffff)),
                bad("REPLY malformed", reply(0, 1)),
                bad("REPLY malformed", reply(FLAG_HALF_CLOSE, 0)),
                bad("REPLY malformed", reply(FLAG_FROM_CALLEE, 0)),
                bad("REPLY malformed", with(reply(FLAG_HEADERS, 0), REPLY_HEADERS_LENGTH, 1)),
                bad("REPLY malformed", with(reply(FLAG_HEADERS, 0), REPLY_HEADERS_LENGTH, -1)),
                bad("REPLY malformed", WireFrames.reply(OURS, 0, 0, entry, NOTHING, "", NOTHING)),
                bad("REPLY malformed", WireFrames.reply(OURS, 0, 0, NOTHING, new byte[1], "", NOTHING)),
                bad("REPLY malformed", WireFrames.reply(OURS, 0, 0, NOTHING, NOTHING, "x", NOTHING)),
                bad("REPLY malformed", WireFrames.reply(OURS, 0, 0, NOTHING, NOTHING, "", entry)),
                bad("REPLY malformed", WireFrames.reply(OURS, FLAG_STATUS, 2, NOTHING, NOTHING, "x".repeat(4097), NOTHING)),
                bad("REPLY with second headers", headers(OURS), headers(OURS)),
                bad("REPLY with second headers", headers(OURS),
                        WireFrames.reply(OURS, FLAG_MESSAGE, 0, NOTHING, NOTHING, "", NOTHING), headers(OURS)),
                bad("message before headers", WireFrames.reply(OURS, FLAG_MESSAGE, 0, NOTHING, NOTHING, "", NOTHING)),
                bad("metadata entry out of bounds",
                        WireFrames.reply(OURS, FLAG_HEADERS, 0, new byte[2], NOTHING, "", NOTHING)),
                bad("metadata entry out of bounds",
                        WireFrames.reply(OURS, FLAG_STATUS, 0, NOTHING, NOTHING, "", new byte[] {0, 1, 0, 0})),
                bad("metadata too large", with(reply(FLAG_HEADERS | FLAG_FRAGMENTED, 0), REPLY_HEADERS_LENGTH, 1 << 30)),
                bad("REPLY between the pieces", replyPiece(OURS, 1000), headers(OURS)),
                // WINDOW.
                bad("WINDOW malformed", WireFrames.window(0, OPEN, 0)),
                bad("WINDOW malformed", WireFrames.window(0, OPEN, -1)),
                bad("WINDOW malformed", WireFrames.window(FLAG_FROM_CALLEE, OURS, Integer.MIN_VALUE)),
                bad("WINDOW malformed", cut(WireFrames.window(0, OPEN, 1), 11)),
                bad("WINDOW malformed", cut(WireFrames.window(0, OPEN, 1), 13)),
                bad("window too large", WireFrames.window(0, OPEN, Integer.MAX_VALUE)),
                bad("window too large", WireFrames.window(FLAG_FROM_CALLEE, OURS, Integer.MAX_VALUE)),
                bad("call number never given", WireFrames.window(FLAG_FROM_CALLEE, 9, 1)),
                bad("flags", WireFrames.window(FLAG_STATUS, OPEN, 1)),
                // CANCEL, DRAIN, BYE.
                bad("CANCEL too long", cancel(OPEN, 1, "x".repeat(4097))),
                bad("code", cancel(OPEN, 17, "")),
                bad("flags", withFlags(cancel(OPEN, 1, ""), FLAG_STATUS)),
                bad("flags", drain(FLAG_MESSAGE)),
                bad("flags", withFlags(bye(""), FLAG_MESSAGE)));
    }

    private static byte[] bodyOf(byte[] frame, int lengthAt) {
        return withFlags(with(frame, lengthAt, 1_000), FLAG_MESSAGE | FLAG_BODY);
    }

    /** The first piece of a DATA frame, of which so many bytes are missing. */
    private static byte[] piece(int call, int missing) {
        return withFlags(with(data(call, FLAG_MESSAGE, new byte[10]), DATA_MESSAGE_LENGTH, 10 + missing),
                FLAG_MESSAGE | FLAG_FRAGMENTED);
    }

    private static byte[] replyPiece(int call, int missing) {
        return with(WireFrames.reply(call, FLAG_MESSAGE | FLAG_FRAGMENTED, 0, NOTHING, new byte[10], "", NOTHING),
                REPLY_MESSAGE_LENGTH, 10 + missing);
    }

    @ParameterizedTest(name = "{index} {0}")
    @MethodSource("violations")
    void violationEndsTheConnectionAndEveryCallOnce(String says, List<byte[]> frames) {
        Made made = rig.call(Rig.SERVER);
        rig.port.feed(open(OPEN, BIDI));
        assertThat(rig.port.end()).isNull();

        frames.forEach(rig.port::feed);

        EndCause end = rig.port.end();
        assertThat(end).as("the connection goes on").isNotNull();
        assertThat(end.kind()).isEqualTo(EndCause.Kind.VIOLATION);
        assertThat(end.detail()).contains(says);
        assertThat(made.status().getCode()).isEqualTo(Code.INTERNAL);
        assertThat(made.status().getDescription()).startsWith("the peer broke the protocol: ").contains(says);
        assertThat(rig.served).isNotEmpty().allMatch(call -> call.ends() == 1);
        assertThat(rig.connection.openCalls()).isZero();
    }

    @Test
    void methodBeyondTheLastNumberIsAViolation() {
        for (int i = Rig.METHODS.size(); i < MAX_METHODS; i++) {
            rig.port.feed(method(i, "a/b" + i));
        }
        assertThat(rig.port.isEnded()).isFalse();

        rig.port.feed(method(MAX_METHODS, "a/b"));

        assertThat(rig.port.end().detail()).contains("method number out of turn");
    }

    @Test
    void dataAfterHalfCloseIsAViolation() {
        rig.handlersRequest = false;
        rig.port.feed(open(OPEN, BIDI));
        rig.port.feed(data(OPEN, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING));

        rig.port.feed(data(OPEN, FLAG_MESSAGE, NOTHING));

        assertThat(rig.port.end().detail()).contains("DATA after half-close");
        assertThat(rig.served.getFirst().cancels.get()).isEqualTo(1);
    }

    @Test
    void moreThanTheWindowIsAViolation() {
        rig.handlersRequest = false;
        rig.port.feed(open(OPEN, BIDI));
        byte[] frame = data(OPEN, FLAG_MESSAGE, new byte[4096]);
        int allowed = CallWindow.BYTES / CallOutbound.windowCost(4096) + 1;
        IntStream.range(0, allowed).forEach(i -> rig.port.feed(frame));
        assertThat(rig.port.isEnded()).isFalse();

        rig.port.feed(frame);

        assertThat(rig.port.end().detail()).contains("window exceeded");
    }

    @Test
    void moreRepliesThanTheWindowAreAViolation() {
        Made made = new Made();
        var call = rig.connection.newCall(Rig.SERVER, io.grpc.CallOptions.DEFAULT);
        call.start(made, new io.grpc.Metadata());
        call.sendMessage(dev.homeport.idl.v1.ConnectRequest.getDefaultInstance());
        call.halfClose();
        byte[] frame = WireFrames.reply(OURS, FLAG_MESSAGE, 0, NOTHING, new byte[4096], "", NOTHING);
        int allowed = CallWindow.BYTES / CallOutbound.windowCost(4096) + 1;
        rig.port.feed(headers(OURS));
        IntStream.range(0, allowed).forEach(i -> rig.port.feed(frame));
        assertThat(rig.port.isEnded()).isFalse();

        rig.port.feed(frame);

        assertThat(rig.port.end().detail()).contains("window exceeded");
        assertThat(made.status().getCode()).isEqualTo(Code.INTERNAL);
    }

    // ---- what ends one call only ----

    private Status refusalOf(int call) {
        List<byte[]> replies = rig.port.sent(TYPE_REPLY).stream()
                .filter(frame -> FrameHeader.call(frame) == call)
                .toList();
        assertThat(replies).hasSize(1);
        byte[] frame = replies.getFirst();
        ReplyFrame reply;
        try {
            reply = ReplyFrame.read(frame, frame.length);
        } catch (dev.homeport.spi.ProtocolViolation e) {
            throw new AssertionError(e);
        }
        assertThat(reply.has(FLAG_STATUS)).isTrue();
        return Status.fromCodeValue(reply.code()).withDescription(new String(
                frame, reply.descriptionAt(), reply.descriptionLength(), StandardCharsets.UTF_8));
    }

    private void assertOthersGoOn() {
        assertThat(rig.port.isEnded()).isFalse();
        rig.port.feed(open(63, UNARY, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));
        assertThat(rig.served.getLast().completes.get()).isEqualTo(1);
    }

    @Test
    void requestOverTheLimitIsRefused() {
        rig.port.feed(open(NEW, UNARY, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, new byte[Rig.MAX_MESSAGE_BYTES + 1]));

        assertThat(refusalOf(NEW).getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(rig.served).isEmpty();
        assertOthersGoOn();
    }

    @Test
    void requestInPiecesOverTheLimitIsRefusedAtTheFirst() {
        rig.port.feed(withFlags(with(open(NEW, UNARY, FLAG_MESSAGE, NOTHING, new byte[100]), OPEN_MESSAGE_LENGTH,
                Integer.MAX_VALUE), FLAG_MESSAGE | FLAG_FRAGMENTED));
        rig.port.feed(fragment(0, NEW, 4000));

        assertThat(refusalOf(NEW).getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertOthersGoOn();
    }

    @Test
    void streamedMessageOverTheLimitEndsItsCall() {
        rig.port.feed(open(NEW, BIDI));
        rig.port.feed(with(piece(NEW, 0), DATA_MESSAGE_LENGTH, Rig.MAX_MESSAGE_BYTES + 1));
        rig.port.feed(fragment(0, NEW, 4000));

        assertThat(refusalOf(NEW).getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(rig.served.getFirst().ends()).isEqualTo(1);
        assertOthersGoOn();
    }

    @Test
    void metadataOverTheLimitIsRefused() {
        byte[] large = WireFrames.metadata("name", "v".repeat(Rig.MAX_METADATA_BYTES));
        rig.port.feed(open(NEW, UNARY, FLAG_HALF_CLOSE, large, NOTHING));

        assertThat(refusalOf(NEW).getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(refusalOf(NEW).getDescription()).contains("metadata");
        assertOthersGoOn();
    }

    @Test
    void oneCallTooManyIsRefused() {
        for (int call = 0; call < Rig.MAX_OPEN_CALLS; call++) {
            rig.port.feed(open(call, BIDI));
        }
        rig.port.feed(open(1000, BIDI));

        assertThat(refusalOf(1000).getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(rig.port.isEnded()).isFalse();
        rig.port.feed(cancel(63, 1, ""));
        assertOthersGoOn();
    }

    @Test
    void garbageInsteadOfAMessageEndsItsCall() {
        byte[] garbage = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
        rig.port.feed(open(NEW, UNARY, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, garbage));

        assertThat(refusalOf(NEW).getCode()).isNotEqualTo(Code.OK);
        assertThat(rig.served.getFirst().ends()).isEqualTo(1);
        assertOthersGoOn();

        Made made = rig.call(Rig.UNARY);
        rig.port.feed(WireFrames.reply(made.number, FLAG_HEADERS | FLAG_MESSAGE | FLAG_STATUS, 0, NOTHING, garbage, "", NOTHING));
        assertThat(made.status().getCode()).isEqualTo(Code.CANCELLED);
        assertThat(made.status().getCause()).hasMessageContaining("protobuf");
        assertOthersGoOn();
    }

    @Test
    void methodNobodyServesIsUnimplemented() {
        rig.port.feed(method(Rig.METHODS.size(), "no.Such/Method"));
        rig.port.feed(open(NEW, Rig.METHODS.size(), FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));

        assertThat(refusalOf(NEW).getCode()).isEqualTo(Code.UNIMPLEMENTED);
        assertOthersGoOn();
    }

    @Test
    void replyOverTheLimitEndsItsCall() {
        Made made = rig.call(Rig.SERVER);
        rig.port.feed(with(replyPiece(made.number, 0), REPLY_MESSAGE_LENGTH, Integer.MAX_VALUE));
        rig.port.feed(fragment(FLAG_FROM_CALLEE, made.number, 4000));

        assertThat(made.status().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertOthersGoOn();
    }

    @Test
    void responseMetadataOverTheLimitEndsItsCall() {
        byte[] large = WireFrames.metadata("name", "v".repeat(Rig.MAX_METADATA_BYTES));
        Made byHeaders = rig.call(Rig.SERVER);
        Made byTrailers = rig.call(Rig.SERVER);
        rig.port.feed(WireFrames.reply(byHeaders.number, FLAG_HEADERS, 0, large, NOTHING, "", NOTHING));
        rig.port.feed(WireFrames.reply(byTrailers.number, FLAG_STATUS, 0, NOTHING, NOTHING, "", large));

        assertThat(byHeaders.status().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(byTrailers.status().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertOthersGoOn();
    }

    @Test
    void lateFramesForAnEndedCallMeetNobody() {
        Made made = rig.call(Rig.SERVER);
        rig.port.feed(WireFrames.status(made.number, 0));
        assertThat(made.status().isOk()).isTrue();

        rig.port.feed(headers(made.number));
        rig.port.feed(WireFrames.status(made.number, 2));
        rig.port.feed(fragment(FLAG_FROM_CALLEE, made.number, 10));
        rig.port.feed(WireFrames.window(FLAG_FROM_CALLEE, made.number, 1));
        rig.port.feed(data(5, FLAG_MESSAGE, new byte[1]));
        rig.port.feed(fragment(0, 5, 10));
        rig.port.feed(WireFrames.window(0, 5, 1));
        rig.port.feed(cancel(5, 1, "never was"));

        assertThat(made.status().isOk()).isTrue();
        assertOthersGoOn();
    }
}
