package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.UploadReply;
import io.grpc.Codec;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

/** Limits on the size of messages, on either side and in either direction; and compression, which is only accepted. */
public abstract class LimitsConformance extends Conformance {
    private static final int OVER_FOUR_MIB = (4 << 20) + 1;
    private static final int LIMIT = 10_000;

    private static EchoRequest asking(int replyBytes) {
        return EchoRequest.newBuilder().setReplyBytes(replyBytes).build();
    }

    @Test
    void requestOverTheServersDefaultLimitIsResourceExhausted() {
        needs(Capability.MESSAGE_LIMITS);
        serveEcho();

        assertThat(codeOf(() -> blocking().unary(Payload.request(OVER_FOUR_MIB, 1))))
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(blocking().unary(Payload.request(1, 2)).getSequence()).isEqualTo(2);
    }

    @Test
    void replyOverTheClientsDefaultLimitIsResourceExhausted() {
        needs(Capability.MESSAGE_LIMITS);
        serveEcho();

        assertThat(codeOf(() -> blocking().unary(asking(OVER_FOUR_MIB)))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(blocking().unary(Payload.request(1, 2)).getSequence()).isEqualTo(2);
    }

    @Test
    void messageOfExactlyTheLimitPassesAndOneByteMoreDoesNot() {
        needs(Capability.MESSAGE_LIMITS);
        EchoRequest request = Payload.request(LIMIT, 1);
        int bytes = request.getSerializedSize();
        serve(builder -> builder.maxInboundMessageSize(bytes), EchoService.definition());

        assertThat(blocking().unary(request).getPayload()).isEqualTo(request.getPayload());
        assertThat(codeOf(() -> blocking().unary(Payload.request(LIMIT + 1, 1))))
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void replyOfExactlyTheLimitPassesAndOneByteMoreDoesNot() {
        needs(Capability.MESSAGE_LIMITS);
        serveEcho();
        int bytes = EchoService.replyTo(asking(LIMIT)).getSerializedSize();
        EchoGrpc.EchoBlockingStub stub = blocking().withMaxInboundMessageSize(bytes);

        assertThat(stub.unary(asking(LIMIT)).getPayload()).isEqualTo(Payload.of(LIMIT, 0));
        assertThat(codeOf(() -> stub.unary(asking(LIMIT + 1)))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void limitOfTheChannelHoldsForAllItsCalls() {
        needs(Capability.MESSAGE_LIMITS);
        serveEcho();
        EchoGrpc.EchoBlockingStub stub =
                EchoGrpc.newBlockingStub(channel(builder -> builder.maxInboundMessageSize(LIMIT)));

        assertThat(codeOf(() -> stub.unary(asking(2 * LIMIT)))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(stub.unary(asking(10)).getPayload()).isEqualTo(Payload.of(10, 0));
    }

    @Test
    void raisedLimitsLetLargerMessagesThrough() {
        serve(builder -> builder.maxInboundMessageSize(20 << 20), EchoService.definition());
        EchoGrpc.EchoBlockingStub stub =
                EchoGrpc.newBlockingStub(channel(builder -> builder.maxInboundMessageSize(20 << 20)));

        EchoReply reply = stub.unary(Payload.request(9 << 20, 3));

        assertThat(reply.getPayload()).isEqualTo(Payload.of(9 << 20, 3));
    }

    @Test
    void outboundLimitOfTheCallCancelsItWithTheReason() {
        needs(Capability.MESSAGE_LIMITS);
        serveEcho();
        EchoGrpc.EchoBlockingStub stub = blocking().withMaxOutboundMessageSize(LIMIT);
        stub.unary(Payload.request(1, 1));

        Status status = statusOf(() -> stub.unary(Payload.request(2 * LIMIT, 1)));

        assertThat(status.getCode()).isIn(Status.Code.CANCELLED, Status.Code.RESOURCE_EXHAUSTED);
        assertThat(Status.fromThrowable(status.getCode() == Status.Code.CANCELLED
                                ? status.getCause()
                                : status.asException())
                        .getCode())
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void messageOverTheLimitEndsTheUploadItIsIn() {
        needs(Capability.MESSAGE_LIMITS);
        serve(builder -> builder.maxInboundMessageSize(LIMIT), EchoService.definition());
        StreamRecorder<EchoRequest, UploadReply> recorder = new StreamRecorder<>();

        StreamObserver<EchoRequest> requests = async().upload(recorder);
        requests.onNext(Payload.request(10, 0));
        requests.onNext(Payload.request(2 * LIMIT, 1));

        assertThat(recorder.awaitEnd().getCode())
                .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED);
    }

    @Test
    void messageOverTheLimitEndsTheDownloadAfterThoseBeforeIt() {
        needs(Capability.MESSAGE_LIMITS);
        serve(new EchoService() {
            @Override
            public void download(DownloadRequest request, StreamObserver<EchoReply> reply) {
                reply.onNext(Payload.reply(10, 0));
                reply.onNext(Payload.reply(2 * LIMIT, 1));
                reply.onCompleted();
            }
        });

        Iterator<EchoReply> replies =
                blocking().withMaxInboundMessageSize(LIMIT).download(DownloadRequest.getDefaultInstance());

        assertThat(replies.next().getSequence()).isZero();
        assertThat(codeOf(replies::next)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void compressionOfTheClientIsAccepted() {
        serveEcho();

        EchoReply reply = blocking().withCompression("gzip").unary(Payload.request(50_000, 3));

        assertThat(reply.getPayload()).isEqualTo(Payload.of(50_000, 3));
    }

    @Test
    void compressionOfTheServerIsAccepted() {
        ServerInterceptor gzip = new ServerInterceptor() {
            @Override
            public <Q, P> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, P> call, Metadata headers, ServerCallHandler<Q, P> next) {
                call.setCompression(new Codec.Gzip().getMessageEncoding());
                call.setMessageCompression(true);
                return next.startCall(call, headers);
            }
        };
        serve(ServerInterceptors.intercept(new EchoService(), gzip));

        assertThat(blocking().unary(Payload.request(50_000, 3)).getPayload()).isEqualTo(Payload.of(50_000, 3));
    }

    @Test
    void compressionMayBeSwitchedInTheMiddleOfAStream() {
        serve(new EchoService() {
            @Override
            public void download(DownloadRequest request, StreamObserver<EchoReply> reply) {
                ServerCallStreamObserver<EchoReply> sink = (ServerCallStreamObserver<EchoReply>) reply;
                sink.setCompression("gzip");
                for (int i = 0; i < 6; i++) {
                    sink.setMessageCompression(i % 2 == 0);
                    sink.onNext(Payload.reply(5_000, i));
                }
                sink.onCompleted();
            }
        });

        Iterator<EchoReply> replies = blocking().download(DownloadRequest.getDefaultInstance());

        for (int i = 0; i < 6; i++) {
            assertThat(replies.next().getPayload()).isEqualTo(Payload.of(5_000, i));
        }
        assertThat(replies.hasNext()).isFalse();
    }

    @Test
    void unknownCompressionOfTheClientFailsTheCall() {
        serveEcho();

        assertThat(codeOf(() -> blocking().withCompression("no-such-codec").unary(Payload.request(1, 1))))
                .isEqualTo(Status.Code.INTERNAL);
    }
}
