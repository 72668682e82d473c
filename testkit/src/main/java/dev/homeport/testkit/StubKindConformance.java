package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.Outcome;
import dev.homeport.testkit.proto.UploadReply;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Every kind of stub that grpc-java generates, with every kind of method it offers. */
public abstract class StubKindConformance extends Conformance {
    private static final EchoRequest REFUSED = EchoRequest.newBuilder()
            .setOutcome(Outcome.newBuilder()
                    .setCode(Status.Code.PERMISSION_DENIED.value())
                    .setDescription("no"))
            .build();
    private static final DownloadRequest FIVE =
            DownloadRequest.newBuilder().setCount(5).setBytes(3).build();

    @Test
    void blockingUnaryReturnsTheReply() {
        serveEcho();

        assertThat(blocking().unary(Payload.request(5, 1))).isEqualTo(Payload.reply(5, 1));
    }

    @Test
    void blockingUnaryThrowsTheStatus() {
        serveEcho();

        Status status = statusOf(() -> blocking().unary(REFUSED));

        assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(status.getDescription()).isEqualTo("no");
    }

    @Test
    void blockingIteratorThrowsTheStatusAtItsEnd() {
        serveEcho();
        Outcome end = Outcome.newBuilder().setCode(Status.Code.ABORTED.value()).build();

        Iterator<EchoReply> replies =
                blocking().download(FIVE.toBuilder().setOutcome(end).build());
        for (int i = 0; i < 5; i++) {
            assertThat(replies.next().getSequence()).isEqualTo(i);
        }

        assertThat(codeOf(replies::hasNext)).isEqualTo(Status.Code.ABORTED);
    }

    @Test
    void secondBlockingKindUnaryReturnsTheReply() throws StatusException {
        serveEcho();

        assertThat(blockingV2().unary(Payload.request(5, 1))).isEqualTo(Payload.reply(5, 1));
    }

    @Test
    void secondBlockingKindUnaryThrowsTheStatus() {
        serveEcho();

        assertThat(codeOf(() -> blockingV2().unary(REFUSED))).isEqualTo(Status.Code.PERMISSION_DENIED);
    }

    @Test
    void secondBlockingKindReadsADownload() throws InterruptedException, StatusException {
        serveEcho();

        BlockingClientCall<?, EchoReply> call = blockingV2().download(FIVE);
        List<Long> sequences = new ArrayList<>();
        while (call.hasNext()) {
            sequences.add(call.read().getSequence());
        }

        assertThat(sequences).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(call.read()).isNull();
    }

    @Test
    void secondBlockingKindWritesAnUpload() throws InterruptedException, StatusException {
        serveEcho();

        BlockingClientCall<EchoRequest, UploadReply> call = blockingV2().upload();
        for (int i = 0; i < 50; i++) {
            assertThat(call.write(Payload.request(10, i))).isTrue();
        }
        call.halfClose();

        UploadReply reply = call.read();
        assertThat(reply.getCount()).isEqualTo(50);
        assertThat(reply.getDamaged()).isZero();
        assertThat(call.hasNext()).isFalse();
    }

    @Test
    void secondBlockingKindChats() throws InterruptedException, StatusException {
        serveEcho();

        BlockingClientCall<EchoRequest, EchoReply> call = blockingV2().chat();
        for (int i = 0; i < 200; i++) {
            call.write(Payload.request(10, i));
            assertThat(call.read().getSequence()).isEqualTo(i);
        }
        call.halfClose();

        assertThat(call.hasNext()).isFalse();
    }

    @Test
    void secondBlockingKindThrowsTheStatusOfAChat() throws InterruptedException, StatusException {
        serveEcho();

        BlockingClientCall<EchoRequest, EchoReply> call = blockingV2().chat();
        call.write(REFUSED);

        assertThat(codeOf(call::read)).isEqualTo(Status.Code.PERMISSION_DENIED);
    }

    @Test
    void secondBlockingKindCancelsAChat() throws InterruptedException, StatusException {
        ServerProbe probe = new ServerProbe();
        serve(probe.service());

        BlockingClientCall<EchoRequest, EchoReply> call = blockingV2().chat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        call.cancel("enough", null);

        assertThat(codeOf(call::read)).isEqualTo(Status.Code.CANCELLED);
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
    }

    @Test
    void futureHoldsTheReply() {
        serveEcho();

        assertThat(Wait.get(future().unary(Payload.request(5, 1)))).isEqualTo(Payload.reply(5, 1));
    }

    @Test
    void futureFailsWithTheStatus() {
        serveEcho();

        Status status = statusOf(() -> {
            try {
                future().unary(REFUSED).get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw e.getCause();
            }
        });

        assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    }

    @Test
    void futuresOverlap() {
        serveEcho();
        List<ListenableFuture<EchoReply>> replies = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            replies.add(future().unary(Payload.request(i, i)));
        }

        for (int i = 0; i < 100; i++) {
            assertThat(Wait.get(replies.get(i))).isEqualTo(Payload.reply(i, i));
        }
    }

    @Test
    void asyncUnaryHearsOneValueAndTheEnd() {
        serveEcho();
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();

        async().unary(Payload.request(5, 1), recorder);

        assertThat(recorder.awaitEnd().isOk()).isTrue();
        assertThat(recorder.rest()).containsExactly(Payload.reply(5, 1));
    }

    @Test
    void asyncDownloadHearsAllValuesAndTheEnd() {
        serveEcho();
        StreamRecorder<DownloadRequest, EchoReply> recorder = new StreamRecorder<>();

        async().download(FIVE, recorder);

        assertThat(recorder.awaitEnd().isOk()).isTrue();
        assertThat(recorder.rest()).extracting(EchoReply::getSequence).containsExactly(0L, 1L, 2L, 3L, 4L);
    }
}
