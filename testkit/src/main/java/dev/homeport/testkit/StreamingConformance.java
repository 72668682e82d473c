package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.UploadReply;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Client, server and bidirectional streams: order, integrity, half-close. */
public abstract class StreamingConformance extends Conformance {
    private static final int MANY = 10_000;

    private static DownloadRequest download(int count, int bytes) {
        return DownloadRequest.newBuilder().setCount(count).setBytes(bytes).build();
    }

    @Test
    void longDownloadKeepsOrderAndContent() {
        serveEcho();

        Iterator<EchoReply> replies = blocking().download(download(MANY, 40));

        for (int i = 0; i < MANY; i++) {
            EchoReply reply = replies.next();
            assertThat(reply.getSequence()).isEqualTo(i);
            assertThat(Payload.isIntact(reply)).isTrue();
        }
        assertThat(replies.hasNext()).isFalse();
    }

    @Test
    void longUploadKeepsOrderAndContent() {
        serveEcho();
        StreamRecorder<EchoRequest, UploadReply> recorder = new StreamRecorder<>();

        StreamObserver<EchoRequest> requests = async().upload(recorder);
        for (int i = 0; i < MANY; i++) {
            requests.onNext(Payload.request(i % 100, i));
        }
        requests.onCompleted();

        UploadReply reply = recorder.awaitValue();
        assertThat(reply.getCount()).isEqualTo(MANY);
        assertThat(reply.getDamaged()).isZero();
        assertThat(recorder.awaitEnd().isOk()).isTrue();
    }

    @Test
    void longChatKeepsOrderAndContent() {
        serveEcho();
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();

        StreamObserver<EchoRequest> requests = async().chat(recorder);
        for (int i = 0; i < MANY; i++) {
            requests.onNext(Payload.request(i % 100, i));
        }
        requests.onCompleted();

        for (int i = 0; i < MANY; i++) {
            EchoReply reply = recorder.awaitValue();
            assertThat(reply.getSequence()).isEqualTo(i);
            assertThat(Payload.isIntact(reply)).isTrue();
        }
        assertThat(recorder.awaitEnd().isOk()).isTrue();
    }

    @Test
    void pingPongAlternates() {
        serveEcho();
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();

        StreamObserver<EchoRequest> requests = async().chat(recorder);
        for (int i = 0; i < 500; i++) {
            requests.onNext(Payload.request(16, i));
            assertThat(recorder.awaitValue().getSequence()).isEqualTo(i);
        }
        requests.onCompleted();

        assertThat(recorder.awaitEnd().isOk()).isTrue();
    }

    @Test
    void sizesThatCrossFramesKeepTheirBounds() {
        serveEcho();
        int[] sizes = {0, 1, 1_000_000, 0, 255, 256, 70_000, 3, 2_000_000, 1};
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();

        StreamObserver<EchoRequest> requests = async().chat(recorder);
        for (int i = 0; i < sizes.length; i++) {
            requests.onNext(Payload.request(sizes[i], i));
        }
        requests.onCompleted();

        for (int i = 0; i < sizes.length; i++) {
            assertThat(recorder.awaitValue().getPayload()).isEqualTo(Payload.of(sizes[i], i));
        }
        assertThat(recorder.awaitEnd().isOk()).isTrue();
    }

    @Test
    void emptyStreamsEndWell() {
        serveEcho();
        StreamRecorder<EchoRequest, UploadReply> upload = new StreamRecorder<>();
        StreamRecorder<EchoRequest, EchoReply> chat = new StreamRecorder<>();

        async().upload(upload).onCompleted();
        async().chat(chat).onCompleted();

        assertThat(blocking().download(download(0, 0)).hasNext()).isFalse();
        assertThat(upload.awaitValue().getCount()).isZero();
        assertThat(upload.awaitEnd().isOk()).isTrue();
        assertThat(chat.awaitEnd().isOk()).isTrue();
        assertThat(chat.rest()).isEmpty();
    }

    @Test
    void eightMegabytesComeDownInOneStream() {
        serveEcho();

        Iterator<EchoReply> replies = blocking().download(download(8, 1 << 20));

        for (int i = 0; i < 8; i++) {
            assertThat(replies.next().getPayload()).isEqualTo(Payload.of(1 << 20, i));
        }
        assertThat(replies.hasNext()).isFalse();
    }

    @Test
    void messagesSentBeforeTheErrorArriveBeforeIt() {
        serveEcho();
        DownloadRequest.Builder request = download(3, 5).toBuilder();
        request.getOutcomeBuilder().setCode(Status.Code.DATA_LOSS.value()).setDescription("broken");
        StreamRecorder<DownloadRequest, EchoReply> recorder = new StreamRecorder<>();

        async().download(request.build(), recorder);

        assertThat(recorder.awaitEnd().getDescription()).isEqualTo("broken");
        assertThat(recorder.rest()).extracting(EchoReply::getSequence).containsExactly(0L, 1L, 2L);
    }

    @Test
    void serverMaySendAfterTheClientHalfClosed() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());
        call.request(10);
        call.halfClose();

        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.awaitHalfClose();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(2, 0));
        incoming.call().sendMessage(Payload.reply(2, 1));
        incoming.call().close(Status.OK, new Metadata());

        assertThat(recorder.awaitMessage().getSequence()).isEqualTo(0);
        assertThat(recorder.awaitMessage().getSequence()).isEqualTo(1);
        assertThat(recorder.awaitStatus().isOk()).isTrue();
        assertThat(incoming.awaitEnd()).isEqualTo("complete");
    }

    @Test
    void clientHearsMessagesBeforeItHalfCloses() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());
        call.request(1);

        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(2, 9));

        assertThat(recorder.awaitMessage().getSequence()).isEqualTo(9);
        assertThat(recorder.isClosed()).isFalse();
    }

    @Test
    void halfCloseComesAfterAllMessages() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(new CallRecorder<>(), new Metadata());
        call.sendMessage(Payload.request(1, 0));
        call.sendMessage(Payload.request(100_000, 1));
        call.halfClose();

        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().request(5);
        incoming.awaitHalfClose();

        assertThat(incoming.events()).isEqualTo(List.of("message", "message", "half-close"));
    }

    @Test
    void sendingAfterHalfCloseThrows() {
        serveEcho();
        connect();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(new CallRecorder<>(), new Metadata());
        call.halfClose();

        assertThatThrownBy(() -> call.sendMessage(Payload.request(1, 1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(call::halfClose).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void startingTwiceThrows() {
        serveEcho();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(new CallRecorder<>(), new Metadata());

        assertThatThrownBy(() -> call.start(new CallRecorder<>(), new Metadata()))
                .isInstanceOf(IllegalStateException.class);
        call.cancel("done", null);
    }

    @Test
    void usingACallBeforeItsStartThrows() {
        serveEcho();
        connect();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);

        assertThatThrownBy(() -> call.request(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> call.sendMessage(Payload.request(1, 1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(call::halfClose).isInstanceOf(IllegalStateException.class);
    }

    /** Before the first connection gRPC keeps what a call is told, and looks at it later. */
    private void connect() {
        blocking().unary(Payload.request(1, 1));
    }

    @Test
    void negativeRequestThrows() {
        serveEcho();
        connect();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(new CallRecorder<>(), new Metadata());

        assertThatThrownBy(() -> call.request(-1)).isInstanceOf(IllegalArgumentException.class);
        call.cancel("done", null);
    }

    @Test
    void serverMayEndBeforeTheClientHalfCloses() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());
        call.request(1);
        probe.awaitCall().call().close(Status.FAILED_PRECONDITION.withDescription("early"), new Metadata());

        assertThat(recorder.awaitStatus().getDescription()).isEqualTo("early");
        call.sendMessage(Payload.request(1, 1));
        call.halfClose();
        assertThat(recorder.events()).isEqualTo(List.of("close"));
    }

    @Test
    void serverThatSendsAfterItsCloseIsToldSo() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(new CallRecorder<>(), new Metadata());
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().close(Status.OK, new Metadata());

        assertThatThrownBy(() -> incoming.call().sendMessage(Payload.reply(1, 1)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> incoming.call().close(Status.OK, new Metadata()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void serverThatSendsAMessageBeforeItsHeadersIsToldSo() {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(new CallRecorder<>(), new Metadata());
        ServerProbe.Incoming incoming = probe.awaitCall();

        assertThatThrownBy(() -> incoming.call().sendMessage(Payload.reply(1, 1)))
                .isInstanceOf(IllegalStateException.class);
        incoming.call().sendHeaders(new Metadata());
        assertThatThrownBy(() -> incoming.call().sendHeaders(new Metadata()))
                .isInstanceOf(IllegalStateException.class);
    }
}
