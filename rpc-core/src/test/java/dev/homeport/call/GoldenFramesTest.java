package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.call.Rig.Made;
import dev.homeport.frame.DataFrame;
import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.MetadataCodec;
import dev.homeport.frame.OpenFrame;
import dev.homeport.frame.ReplyFrame;
import dev.homeport.idl.v1.ConnectRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * The bytes of every frame with every part it can have, as the engine sends them. A change here is a new version of
 * the protocol; docs/wire.md says the same in tables.
 */
class GoldenFramesTest {
    private static final int BIDI = Rig.METHODS.indexOf(Rig.BIDI);
    private static final Metadata.Key<String> KEY = Metadata.Key.of("k", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<byte[]> BINARY = Metadata.Key.of("k-bin", Metadata.BINARY_BYTE_MARSHALLER);
    private static final ConnectRequest SMALL =
            ConnectRequest.newBuilder().setQueueBytes(7).build();

    private final Rig rig = new Rig().numbered();

    private byte[] onlyOne(int type) {
        assertThat(rig.port.sent(type)).hasSize(1);
        return rig.port.sent(type).getFirst();
    }

    private ClientCall<ConnectRequest, ConnectRequest> start(
            io.grpc.MethodDescriptor<ConnectRequest, ConnectRequest> method, CallOptions options, Metadata headers) {
        ClientCall<ConnectRequest, ConnectRequest> call = rig.connection.newCall(method, options);
        call.start(new Made(), headers);
        call.request(1);
        return call;
    }

    private static Metadata metadata() {
        Metadata metadata = new Metadata();
        metadata.put(KEY, "v");
        metadata.put(KEY, "");
        return metadata;
    }

    // ---- from the caller ----

    @Test
    void method() {
        rig.call(Rig.UNARY);

        Golden.assertBytes(onlyOne(TYPE_METHOD), """
                01                                        | type METHOD
                00                                        | flags
                00 00                                     | no code
                00 00 00 00                               | method number
                74 65 73 74 2e 52 69 67 2f 55 4e 41 52 59 | name: test.Rig/UNARY
                """);
    }

    @Test
    void openOfAUnaryCallHasEverything() throws Exception {
        ClientCall<ConnectRequest, ConnectRequest> call =
                start(Rig.UNARY, CallOptions.DEFAULT.withAuthority("a"), metadata());
        call.sendMessage(SMALL);
        call.halfClose();

        byte[] open = onlyOne(TYPE_OPEN);
        Golden.assertBytes(open, """
                02                            | type OPEN
                03                            | flags MESSAGE, HALF_CLOSE
                00 00                         | no code
                00 00 01 00                   | call: slot 0, generation 1
                00 00 00 00                   | method number
                17 00 00 00                   | metadata length
                02 00 00 00                   | message length
                ff ff ff ff                   | parent: none
                ff ff ff ff ff ff ff 7f       | timeout: none
                0a 01 00                      | name length, value length
                3a 61 75 74 68 6f 72 69 74 79 | :authority
                61                            | a
                01 01 00 6b 76                | k: v
                01 00 00 6b                   | k:
                30 07                         | message: queue_bytes = 7
                """);
        assertThat(OpenFrame.read(open, open.length)).isEqualTo(
                new OpenFrame(FLAG_MESSAGE | FLAG_HALF_CLOSE, 1 << 16, 0, 0x17, 2, NO_PARENT, NO_TIMEOUT));
    }

    @Test
    void openOfAStreamHasNoMessage() {
        start(Rig.BIDI, CallOptions.DEFAULT, new Metadata());

        Golden.assertBytes(onlyOne(TYPE_OPEN), """
                02 00 00 00 00 00 01 00 | type OPEN, no flags, no code, call
                00 00 00 00             | method number
                00 00 00 00             | metadata length
                00 00 00 00             | message length
                ff ff ff ff             | parent: none
                ff ff ff ff ff ff ff 7f | timeout: none
                """);
    }

    @Test
    void openOfACallbackByNameWithATimeout() {
        byte[] path = MetadataCodec.encode(new Metadata(), "a/b", null);
        byte[] open = new byte[OPEN_BYTES + path.length];
        FrameHeader.putOpen(open, 0, 0x7fff_ffff, METHOD_BY_NAME, path.length, 0, 0x0001_0002, 1_000_000_000);
        System.arraycopy(path, 0, open, OPEN_BYTES, path.length);

        Golden.assertBytes(open, """
                02 00 00 00             | type OPEN, no flags, no code
                ff ff ff 7f             | call: the last slot of the last generation
                ff ff ff ff             | method: by name
                0b 00 00 00             | metadata length
                00 00 00 00             | message length
                02 00 01 00             | parent: slot 2, generation 1
                00 ca 9a 3b 00 00 00 00 | timeout: 1,000,000,000 ns
                05 03 00                | name length, value length
                3a 70 61 74 68          | :path
                61 2f 62                | a/b
                """);
    }

    @Test
    void dataWithAMessageAndHalfCloseOfItsOwn() throws Exception {
        ClientCall<ConnectRequest, ConnectRequest> call = start(Rig.BIDI, CallOptions.DEFAULT, new Metadata());
        call.sendMessage(SMALL);
        call.halfClose();

        assertThat(rig.port.sent(TYPE_DATA)).hasSize(2);
        byte[] message = rig.port.sent(TYPE_DATA).get(0);
        Golden.assertBytes(message, """
                03          | type DATA
                01          | flags MESSAGE
                00 00       | no code
                00 00 01 00 | call
                02 00 00 00 | message length
                00 00 00 00 | nothing
                30 07       | message
                """);
        assertThat(DataFrame.read(message, message.length)).isEqualTo(new DataFrame(FLAG_MESSAGE, 2));
        Golden.assertBytes(rig.port.sent(TYPE_DATA).get(1), """
                03          | type DATA
                02          | flags HALF_CLOSE
                00 00       | no code
                00 00 01 00 | call
                00 00 00 00 | message length
                00 00 00 00 | nothing
                """);
    }

    @Test
    void cancel() {
        start(Rig.BIDI, CallOptions.DEFAULT, new Metadata()).cancel("why", null);

        Golden.assertBytes(onlyOne(TYPE_CANCEL), """
                05          | type CANCEL
                00          | flags
                01 00       | code CANCELLED
                00 00 01 00 | call
                77 68 79    | reason: why
                """);
    }

    // ---- from the callee ----

    @Test
    void replyOfAUnaryCallHasEverything() throws Exception {
        rig.answer = call -> {
            call.sendHeaders(metadata());
            call.sendMessage(SMALL);
            Metadata trailers = new Metadata();
            trailers.put(BINARY, new byte[] {0, -1});
            call.close(Status.OK.withDescription("d\u00e9"), trailers);
        };
        rig.port.feed(WireFrames.open(5, 0, FLAG_MESSAGE | FLAG_HALF_CLOSE, WireFrames.NOTHING, WireFrames.NOTHING));

        byte[] reply = onlyOne(TYPE_REPLY);
        Golden.assertBytes(reply, """
                04                            | type REPLY
                0d                            | flags MESSAGE, HEADERS, STATUS
                00 00                         | code OK
                05 00 00 00                   | call
                09 00 00 00                   | headers length
                02 00 00 00                   | message length
                03 00 00 00                   | description length
                0a 00 00 00                   | trailers length
                01 01 00 6b 76 01 00 00 6b    | headers k: v, k:
                30 07                         | message
                64 c3 a9                      | description in UTF-8
                05 02 00 6b 2d 62 69 6e 00 ff | trailers k-bin: two bytes as they are
                """);
        assertThat(ReplyFrame.read(reply, reply.length)).isEqualTo(
                new ReplyFrame(FLAG_MESSAGE | FLAG_HEADERS | FLAG_STATUS, 0, 9, 2, 3, 10));
    }

    @Test
    void repliesOfAStreamComeOneByOne() {
        rig.answer = call -> {
            call.sendHeaders(new Metadata());
            call.sendMessage(SMALL);
            call.close(Status.NOT_FOUND.withDescription("no"), new Metadata());
        };
        rig.port.feed(WireFrames.open(5, BIDI, FLAG_HALF_CLOSE, WireFrames.NOTHING, WireFrames.NOTHING));

        assertThat(rig.port.sent(TYPE_REPLY)).hasSize(3);
        Golden.assertBytes(rig.port.sent(TYPE_REPLY).get(0), """
                04 04 00 00 05 00 00 00 | type REPLY, flags HEADERS, no code, call
                00 00 00 00             | headers length
                00 00 00 00             | message length
                00 00 00 00             | description length
                00 00 00 00             | trailers length
                """);
        Golden.assertBytes(rig.port.sent(TYPE_REPLY).get(1), """
                04 01 00 00 05 00 00 00 | type REPLY, flags MESSAGE, no code, call
                00 00 00 00             | headers length
                02 00 00 00             | message length
                00 00 00 00             | description length
                00 00 00 00             | trailers length
                30 07                   | message
                """);
        Golden.assertBytes(rig.port.sent(TYPE_REPLY).get(2), """
                04 08 05 00 05 00 00 00 | type REPLY, flags STATUS, code NOT_FOUND, call
                00 00 00 00             | headers length
                00 00 00 00             | message length
                02 00 00 00             | description length
                00 00 00 00             | trailers length
                6e 6f                   | description: no
                """);
    }

    @Test
    void refusalSaysThatNoHandlerSawTheCall() {
        rig.port.feed(WireFrames.open(
                5, BIDI, FLAG_MESSAGE, WireFrames.NOTHING, new byte[Rig.MAX_MESSAGE_BYTES + 1]));

        byte[] refusal = onlyOne(TYPE_REPLY);
        Golden.assertBytes(Arrays.copyOf(refusal, REPLY_BYTES), """
                04          | type REPLY
                18          | flags STATUS, REFUSED
                08 00       | code RESOURCE_EXHAUSTED
                05 00 00 00 | call
                00 00 00 00 | headers length
                00 00 00 00 | message length
                2e 00 00 00 | description length
                00 00 00 00 | trailers length
                """);
        assertThat(new String(refusal, REPLY_BYTES, refusal.length - REPLY_BYTES, StandardCharsets.UTF_8))
                .isEqualTo("gRPC message exceeds maximum size 20000: 20001");
    }

    // ---- from either ----

    @Test
    void windows() {
        Golden.assertBytes(FrameHeader.window(0, 1 << 16, 0x8000), """
                06          | type WINDOW
                00          | flags: of the caller
                00 00       | no code
                00 00 01 00 | call
                00 80 00 00 | bytes granted
                """);
        Golden.assertBytes(FrameHeader.window(FLAG_FROM_CALLEE, 5, Integer.MAX_VALUE), """
                06          | type WINDOW
                20          | flags FROM_CALLEE
                00 00       | no code
                05 00 00 00 | call
                ff ff ff 7f | bytes granted
                """);
    }

    @Test
    void longRequestInPieces() {
        ClientCall<ConnectRequest, ConnectRequest> call = start(Rig.UNARY, CallOptions.DEFAULT, new Metadata());
        call.sendMessage(ConnectRequest.newBuilder().setClientName("x".repeat(8_200)).build());
        call.halfClose();

        byte[] first = onlyOne(TYPE_OPEN);
        assertThat(first).hasSize(FeedPort.MAX_FRAME_BYTES);
        Golden.assertBytes(Arrays.copyOf(first, OPEN_BYTES + 4), """
                02                      | type OPEN
                43                      | flags MESSAGE, HALF_CLOSE, FRAGMENTED
                00 00 00 00 01 00       | no code, call
                00 00 00 00             | method number
                00 00 00 00             | metadata length
                0b 20 00 00             | message length, of all pieces
                ff ff ff ff             | parent: none
                ff ff ff ff ff ff ff 7f | timeout: none
                1a 88 40                | message: client_name of 8,200 bytes
                78                      | x ...
                """);
        byte[] rest = onlyOne(TYPE_FRAGMENT);
        assertThat(rest).hasSize(HEADER_BYTES + OPEN_BYTES + 0x200b - FeedPort.MAX_FRAME_BYTES);
        Golden.assertBytes(Arrays.copyOf(rest, HEADER_BYTES + 1), """
                07          | type FRAGMENT
                00          | flags: of the caller
                00 00       | no code
                00 00 01 00 | call
                78          | ... x
                """);
    }

    @Test
    void longReplyInPieces() {
        rig.answer = call -> {
            call.sendHeaders(new Metadata());
            call.sendMessage(ConnectRequest.newBuilder().setClientName("x".repeat(8_200)).build());
            call.close(Status.OK, new Metadata());
        };
        rig.port.feed(WireFrames.open(5, 0, FLAG_HALF_CLOSE, WireFrames.NOTHING, WireFrames.NOTHING));

        Golden.assertBytes(Arrays.copyOf(onlyOne(TYPE_REPLY), HEADER_BYTES), """
                04          | type REPLY
                4d          | flags MESSAGE, HEADERS, STATUS, FRAGMENTED
                00 00       | code OK
                05 00 00 00 | call
                """);
        Golden.assertBytes(Arrays.copyOf(onlyOne(TYPE_FRAGMENT), HEADER_BYTES), """
                07          | type FRAGMENT
                20          | flags FROM_CALLEE
                00 00       | no code
                05 00 00 00 | call
                """);
    }

    @Test
    void bodyInASection() {
        rig.port.haveSections();
        ClientCall<ConnectRequest, ConnectRequest> call = start(Rig.UNARY, CallOptions.DEFAULT, new Metadata());
        call.sendMessage(ConnectRequest.newBuilder().setClientName("x".repeat(8_200)).build());
        call.halfClose();

        Golden.assertBytes(onlyOne(TYPE_OPEN), """
                02                      | type OPEN
                83                      | flags MESSAGE, HALF_CLOSE, BODY
                00 00 00 00 01 00       | no code, call
                00 00 00 00             | method number
                00 00 00 00             | metadata length
                0b 20 00 00             | message length, in the section
                ff ff ff ff             | parent: none
                ff ff ff ff ff ff ff 7f | timeout: none
                02 00 00 00             | section
                00 00 00 00             | nothing
                00 20 00 00 01 00 00 00 | offset
                """);
    }

    @Test
    void drainAcknowledgementAndBye() {
        rig.connection.shutdown();

        assertThat(rig.port.sent(TYPE_DRAIN)).hasSize(2);
        Golden.assertBytes(rig.port.sent(TYPE_DRAIN).get(0), """
                08          | type DRAIN
                00          | flags
                00 00       | no code
                00 00 00 00 | no call
                """);
        Golden.assertBytes(rig.port.sent(TYPE_DRAIN).get(1), """
                08          | type DRAIN
                80          | flags ACK
                00 00       | no code
                00 00 00 00 | no call
                """);

        rig.port.feed(WireFrames.drain(FLAG_ACK));

        Golden.assertBytes(onlyOne(TYPE_BYE), """
                09                   | type BYE
                00                   | flags
                00 00                | no code
                00 00 00 00          | no call
                64 72 61 69 6e 65 64 | reason: drained
                """);
    }

    // ---- metadata ----

    @Test
    void longValueHasItsLengthBehindTheMark() {
        Metadata metadata = new Metadata();
        metadata.put(BINARY, new byte[0xffff]);

        byte[] block = MetadataCodec.encode(metadata, null, null);

        assertThat(block).hasSize(7 + 5 + 0xffff);
        Golden.assertBytes(Arrays.copyOf(block, 13), """
                05             | name length
                ff ff          | value length: behind this
                ff ff 00 00    | value length
                6b 2d 62 69 6e | k-bin
                00             | value ...
                """);
    }

    @Test
    void longestValueWithAShortLength() {
        Metadata metadata = new Metadata();
        metadata.put(BINARY, new byte[0xfffe]);

        byte[] block = MetadataCodec.encode(metadata, null, null);

        assertThat(block).hasSize(3 + 5 + 0xfffe);
        Golden.assertBytes(Arrays.copyOf(block, 8), """
                05             | name length
                fe ff          | value length
                6b 2d 62 69 6e | k-bin
                """);
    }

    @Test
    void noMetadataIsNoBlock() {
        assertThat(MetadataCodec.encode(new Metadata(), null, null)).isEmpty();
    }
}
