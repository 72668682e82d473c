package dev.homeport.testkit;

import static io.grpc.Metadata.ASCII_STRING_MARSHALLER;
import static io.grpc.Metadata.BINARY_BYTE_MARSHALLER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Metadata in the three places it travels: headers of the request, headers and trailers of the reply. */
public abstract class MetadataConformance extends Conformance {
    private static final Metadata.Key<String> TEXT = Metadata.Key.of("text", ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<byte[]> BYTES = Metadata.Key.of("bytes-bin", BINARY_BYTE_MARSHALLER);
    private static final Metadata.Key<String> BULK = Metadata.Key.of("bulk", ASCII_STRING_MARSHALLER);
    private static final int DEFAULT_LIMIT_BYTES = 8_192;

    private final ServerProbe probe = new ServerProbe();
    private final CallRecorder<EchoReply> recorder = new CallRecorder<>();

    private ClientCall<EchoRequest, EchoReply> start(Metadata headers) {
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, headers);
        call.request(10);
        return call;
    }

    private static Metadata sample() {
        Metadata metadata = new Metadata();
        metadata.put(TEXT, "first");
        metadata.put(BYTES, everyByte());
        metadata.put(TEXT, "second");
        metadata.put(TEXT, "");
        metadata.put(TEXT, "first");
        metadata.put(BYTES, new byte[0]);
        return metadata;
    }

    private static byte[] everyByte() {
        byte[] bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    private static void assertIsSample(Metadata metadata) {
        assertThat(metadata.getAll(TEXT)).containsExactly("first", "second", "", "first");
        assertThat(metadata.getAll(BYTES)).containsExactly(everyByte(), new byte[0]);
        assertThat(metadata.get(TEXT)).isEqualTo("first");
    }

    @Test
    void headersOfTheRequestArriveWithOrderAndRepetition() {
        serve(probe.service());
        start(sample());

        assertIsSample(probe.awaitCall().headers());
    }

    @Test
    void headersOfTheReplyArriveBeforeAnyMessage() {
        serve(probe.service());
        start(new Metadata());
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(sample());

        assertIsSample(recorder.awaitHeaders());
        assertThat(recorder.events()).containsExactly("headers");
    }

    @Test
    void trailersArriveWithTheStatus() {
        serve(probe.service());
        start(new Metadata());
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().close(Status.OK, sample());

        assertIsSample(recorder.awaitTrailers());
        assertThat(recorder.awaitStatus().isOk()).isTrue();
    }

    @Test
    void closeWithoutHeadersGivesTrailersOnly() {
        serve(probe.service());
        start(new Metadata());
        probe.awaitCall().call().close(Status.NOT_FOUND.withDescription("only trailers"), sample());

        assertThat(recorder.awaitStatus().getDescription()).isEqualTo("only trailers");
        assertIsSample(recorder.awaitTrailers());
        assertThat(recorder.events()).containsExactly("close");
    }

    @Test
    void headersAreFlushedWithoutAMessage() {
        serve(probe.service());
        start(new Metadata());
        probe.awaitCall().call().sendHeaders(new Metadata());

        assertThat(recorder.awaitHeaders()).isNotNull();
        assertThat(recorder.isClosed()).isFalse();
    }

    @Test
    void valuesWithCommasSpacesAndPercentAreKept() {
        serve(probe.service());
        Metadata headers = new Metadata();
        headers.put(TEXT, "a, b,c %41 \"q\" ~!#$&'()*+-./:;<=>?@[]^_`{|}");
        start(headers);

        assertThat(probe.awaitCall().headers().get(TEXT)).isEqualTo(headers.get(TEXT));
    }

    @Test
    void bytesWithACommaInThemAreOneValue() {
        serve(probe.service());
        Metadata headers = new Metadata();
        headers.put(BYTES, "one,two".getBytes(StandardCharsets.US_ASCII));
        headers.put(BYTES, new byte[] {0, -1, 44, 13, 10});
        start(headers);

        assertThat(probe.awaitCall().headers().getAll(BYTES))
                .containsExactly(
                        "one,two".getBytes(StandardCharsets.US_ASCII),
                        new byte[] {0, -1, 44, 13, 10});
    }

    @Test
    void manyKeysArrive() {
        serve(probe.service());
        Metadata headers = new Metadata();
        for (int i = 0; i < 100; i++) {
            headers.put(Metadata.Key.of("key-" + i, ASCII_STRING_MARSHALLER), "value-" + i);
        }
        start(headers);

        Metadata received = probe.awaitCall().headers();
        for (int i = 0; i < 100; i++) {
            assertThat(received.get(Metadata.Key.of("key-" + i, ASCII_STRING_MARSHALLER)))
                    .isEqualTo("value-" + i);
        }
    }

    @Test
    void metadataUpToTheLimitArrives() {
        serve(probe.service());
        Metadata headers = new Metadata();
        headers.put(BULK, "x".repeat(DEFAULT_LIMIT_BYTES - 600));
        start(headers);

        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().close(Status.OK, copyOf(headers));

        assertThat(incoming.headers().get(BULK)).hasSize(DEFAULT_LIMIT_BYTES - 600);
        assertThat(recorder.awaitTrailers().get(BULK)).hasSize(DEFAULT_LIMIT_BYTES - 600);
    }

    private static Metadata copyOf(Metadata metadata) {
        Metadata copy = new Metadata();
        copy.merge(metadata);
        return copy;
    }

    @Test
    void requestHeadersOverTheLimitFailTheCallAlone() {
        needs(Capability.DEFAULT_METADATA_LIMIT);
        serve(probe.service());
        Metadata headers = new Metadata();
        headers.put(BULK, "x".repeat(2 * DEFAULT_LIMIT_BYTES));
        start(headers);

        assertThat(recorder.awaitStatus().getCode()).isIn(Status.Code.INTERNAL, Status.Code.RESOURCE_EXHAUSTED);
        assertThat(nextCall().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    }

    private Status nextCall() {
        CallRecorder<EchoReply> next = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(next, new Metadata());
        probe.awaitCall().call().close(Status.ALREADY_EXISTS, new Metadata());
        return next.awaitStatus();
    }

    @Test
    void replyHeadersOverTheLimitFailTheCallAlone() {
        needs(Capability.DEFAULT_METADATA_LIMIT);
        serve(probe.service());
        Metadata bulk = new Metadata();
        bulk.put(BULK, "x".repeat(2 * DEFAULT_LIMIT_BYTES));
        start(new Metadata());
        probe.awaitCall().call().sendHeaders(bulk);

        assertThat(recorder.awaitStatus().getCode()).isIn(Status.Code.INTERNAL, Status.Code.RESOURCE_EXHAUSTED);
        assertThat(nextCall().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    }

    @Test
    void trailersOverTheLimitFailTheCallAlone() {
        needs(Capability.DEFAULT_METADATA_LIMIT);
        serve(probe.service());
        Metadata bulk = new Metadata();
        bulk.put(BULK, "x".repeat(2 * DEFAULT_LIMIT_BYTES));
        start(new Metadata());
        probe.awaitCall().call().close(Status.OK, bulk);

        assertThat(recorder.awaitStatus().getCode()).isIn(Status.Code.INTERNAL, Status.Code.RESOURCE_EXHAUSTED);
        assertThat(nextCall().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    }

    @Test
    void raisedLimitOfBothSidesLetsMoreThrough() {
        serve(builder -> builder.maxInboundMetadataSize(40_000), probe.service());
        Metadata bulk = new Metadata();
        bulk.put(BULK, "x".repeat(2 * DEFAULT_LIMIT_BYTES));
        ClientCall<EchoRequest, EchoReply> call = channel(builder -> builder.maxInboundMetadataSize(40_000))
                .newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, copyOf(bulk));
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(copyOf(bulk));
        incoming.call().close(Status.OK, copyOf(bulk));

        assertThat(incoming.headers().get(BULK)).isEqualTo(bulk.get(BULK));
        assertThat(recorder.awaitHeaders().get(BULK)).isEqualTo(bulk.get(BULK));
        assertThat(recorder.awaitTrailers().get(BULK)).isEqualTo(bulk.get(BULK));
    }

    @Test
    void userAgentIsWhatTheChannelSays() {
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call =
                channel(builder -> builder.userAgent("fleet/7")).newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());

        Metadata headers = probe.awaitCall().headers();

        assertThat(headers.get(Metadata.Key.of("user-agent", ASCII_STRING_MARSHALLER)))
                .startsWith("fleet/7");
    }

    @Test
    void metadataOfOneCallIsNotSeenByTheNext() {
        serve(probe.service());
        start(sample());
        probe.awaitCall().call().close(Status.OK, new Metadata());
        recorder.awaitStatus();
        channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT).start(new CallRecorder<>(), new Metadata());

        Metadata headers = probe.awaitCall().headers();

        assertThat(headers.containsKey(TEXT)).isFalse();
        assertThat(headers.containsKey(BYTES)).isFalse();
    }

    @Test
    void echoServiceReturnsHeadersAndTrailersItWasAskedFor() {
        serveEcho();
        EchoRequest.Builder request = Payload.request(2, 2).toBuilder();
        request.addReplyHeadersBuilder().setName("text").setValue(bytes("up"));
        request.addReplyTrailersBuilder().setName("bytes-bin").setValue(bytes("down"));
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.unary(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());
        call.request(2);
        call.sendMessage(request.build());
        call.halfClose();

        assertThat(recorder.awaitHeaders().get(TEXT)).isEqualTo("up");
        assertThat(Arrays.equals(recorder.awaitTrailers().get(BYTES), bytes("down").toByteArray()))
                .isTrue();
    }

    private static ByteString bytes(String ascii) {
        return ByteString.copyFromUtf8(ascii);
    }
}
