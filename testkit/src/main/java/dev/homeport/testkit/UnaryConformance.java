package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.AbsentGrpc;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.Nothing;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One request, one reply: payloads of every size, and calls that have too many or too few messages. */
public abstract class UnaryConformance extends Conformance {
    private static final int FOUR_MIB = 4 << 20;
    /** Room for the other fields of the message. */
    private static final int OTHER_FIELDS = 64;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 255, 256, 257, 4_095, 4_096, 65_535, 65_536, 65_537, 1 << 20})
    void everySizeComesBackUnchanged(int bytes) {
        serveEcho();

        EchoReply reply = blocking().unary(Payload.request(bytes, bytes));

        assertThat(reply.getPayload()).isEqualTo(Payload.of(bytes, bytes));
        assertThat(reply.getSequence()).isEqualTo(bytes);
    }

    @Test
    void messageJustUnderTheDefaultLimitPassesBothWays() {
        serveEcho();
        int bytes = FOUR_MIB - OTHER_FIELDS;

        assertThat(blocking().unary(Payload.request(bytes, 7)).getPayload()).isEqualTo(Payload.of(bytes, 7));
    }

    @Test
    void largeReplyFollowsSmallRequest() {
        serveEcho();
        EchoRequest request =
                Payload.request(8, 5).toBuilder().setReplyBytes(3_000_000).build();

        assertThat(blocking().unary(request).getPayload()).isEqualTo(Payload.of(3_000_000, 5));
    }

    @Test
    void smallReplyFollowsLargeRequest() {
        serveEcho();
        EchoRequest request =
                Payload.request(3_000_000, 5).toBuilder().setReplyBytes(1).build();

        assertThat(blocking().unary(request).getPayload()).isEqualTo(Payload.of(1, 5));
    }

    @Test
    void emptyMessageIsAMessage() {
        serveEcho();

        assertThat(blocking().empty(Nothing.getDefaultInstance())).isEqualTo(Nothing.getDefaultInstance());
    }

    @Test
    void manyCallsInTurnEachGetTheirOwnReply() {
        serveEcho();

        for (int i = 0; i < 2_000; i++) {
            EchoReply reply = blocking().unary(Payload.request(i % 300, i));
            assertThat(reply.getSequence()).isEqualTo(i);
            assertThat(reply.getPayload()).isEqualTo(Payload.of(i % 300, i));
        }
    }

    @Test
    void callOfUnknownMethodIsUnimplemented() {
        serve(builder -> {}, new EchoGrpc.EchoImplBase() {}.bindService());

        assertThat(codeOf(() -> blocking().missing(Nothing.getDefaultInstance())))
                .isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @Test
    void callOfUnknownServiceIsUnimplementedAndNamesTheMethod() {
        serveEcho();

        Status status = statusOf(() ->
                AbsentGrpc.newBlockingStub(channel()).missing(Nothing.getDefaultInstance()));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(status.getDescription()).contains("homeport.testkit.Absent/Missing");
    }

    @Test
    void unknownServiceDoesNotHarmTheNextCall() {
        serveEcho();
        statusOf(() -> AbsentGrpc.newBlockingStub(channel()).missing(Nothing.getDefaultInstance()));

        assertThat(blocking().unary(Payload.request(3, 1)).getSequence()).isEqualTo(1);
    }

    @Test
    void secondReplyOfAHandlerMakesTheCallFail() {
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                reply.onNext(Payload.reply(1, 1));
                reply.onNext(Payload.reply(1, 2));
                reply.onCompleted();
            }
        });

        assertThat(codeOf(() -> blocking().unary(Payload.request(1, 1))))
                .isIn(Status.Code.INTERNAL, Status.Code.CANCELLED);
    }

    @Test
    void missingReplyOfAHandlerMakesTheCallFail() {
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                reply.onCompleted();
            }
        });

        assertThat(codeOf(() -> blocking().unary(Payload.request(1, 1))))
                .isIn(Status.Code.INTERNAL, Status.Code.CANCELLED);
    }

    @Test
    void halfCloseWithoutARequestIsInternal() {
        serveEcho();
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);

        call.start(recorder, new Metadata());
        call.request(2);
        call.halfClose();

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(recorder.events()).doesNotContain("message");
    }

    @Test
    void secondRequestMakesTheCallFail() {
        serveEcho();
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);

        call.start(recorder, new Metadata());
        call.request(2);
        call.sendMessage(Payload.request(1, 1));
        call.sendMessage(Payload.request(1, 2));
        call.halfClose();

        assertThat(recorder.awaitStatus().getCode()).isIn(Status.Code.INTERNAL, Status.Code.CANCELLED);
    }

    @Test
    void listenerHearsHeadersThenMessageThenClose() {
        serveEcho();
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);

        call.start(recorder, new Metadata());
        call.request(2);
        call.sendMessage(Payload.request(10, 1));
        call.halfClose();

        assertThat(recorder.awaitStatus().isOk()).isTrue();
        assertThat(recorder.events()).isEqualTo(List.of("headers", "message", "close"));
    }

    @Test
    void failedCallHasNoMessageAndOneEnd() {
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                reply.onError(Status.ABORTED.asRuntimeException());
            }
        });
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();

        async().unary(Payload.request(1, 1), recorder);

        assertThat(recorder.awaitEnd().getCode()).isEqualTo(Status.Code.ABORTED);
        assertThat(recorder.rest()).isEmpty();
        assertThat(recorder.ends()).hasSize(1);
    }

    @Test
    void twoChannelsOfOneServerDoNotMixReplies() {
        Server server = serveEcho();
        EchoGrpc.EchoBlockingStub first = EchoGrpc.newBlockingStub(channel(builder -> {}));
        EchoGrpc.EchoBlockingStub second = EchoGrpc.newBlockingStub(channel(builder -> {}));

        for (int i = 0; i < 100; i++) {
            assertThat(first.unary(Payload.request(20, 2 * i)).getSequence()).isEqualTo(2 * i);
            assertThat(second.unary(Payload.request(20, 2 * i + 1)).getSequence()).isEqualTo(2 * i + 1);
        }
        assertThat(server.isShutdown()).isFalse();
    }
}
