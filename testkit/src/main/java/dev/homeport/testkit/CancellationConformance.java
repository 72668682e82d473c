package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A call that is given up, by either side, at each stage of its life. */
public abstract class CancellationConformance extends Conformance {
    private final ServerProbe probe = new ServerProbe();
    private final CallRecorder<EchoReply> recorder = new CallRecorder<>();

    private ClientCall<EchoRequest, EchoReply> startChat() {
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());
        call.request(100);
        return call;
    }

    @Test
    void clientCancelIsSeenByBothSides() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();

        call.cancel("changed my mind", new IllegalStateException("why"));

        Status status = recorder.awaitStatus();
        assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(status.getDescription()).isEqualTo("changed my mind");
        assertThat(status.getCause()).isInstanceOf(IllegalStateException.class).hasMessage("why");
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        assertThat(incoming.call().isCancelled()).isTrue();
    }

    @Test
    void clientCancelCancelsTheContextOfTheHandler() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        CountDownLatch cancelled = new CountDownLatch(1);
        incoming.context().addListener(context -> cancelled.countDown(), Runnable::run);

        call.cancel("changed my mind", null);

        Wait.on(cancelled);
        assertThat(incoming.context().isCancelled()).isTrue();
    }

    @Test
    void cancelBeforeAnythingWasSentEndsTheCall() {
        ClientCall<EchoRequest, EchoReply> call = startChat();

        call.cancel("at once", null);

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(recorder.events()).containsExactly("close");
    }

    @Test
    void cancelAfterHalfCloseReachesTheServer() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        call.halfClose();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.awaitHalfClose();

        call.cancel("too late for me", null);

        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void cancelAfterTheFirstReplyKeepsThatReply() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(1, 4));
        assertThat(recorder.awaitMessage().getSequence()).isEqualTo(4);

        call.cancel("one was enough", null);

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
    }

    @Test
    void cancelFromWithinTheListenerEndsTheCall() {
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        CompletableFuture<Status> closed = new CompletableFuture<>();
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(EchoReply message) {
                        call.cancel("in the listener", null);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        closed.complete(status);
                    }
                },
                new Metadata());
        call.request(2);
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(1, 1));

        assertThat(Wait.get(closed).getDescription()).isEqualTo("in the listener");
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
    }

    @Test
    void cancelTwiceAndAfterTheEndIsNoop() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        probe.awaitCall().call().close(Status.OK, new Metadata());
        assertThat(recorder.awaitStatus().isOk()).isTrue();

        call.cancel("late", null);
        call.cancel("later", null);

        assertThat(recorder.events()).containsExactly("close");
    }

    @Test
    void sendingAfterCancelDoesNoHarm() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        call.cancel("gone", null);
        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.CANCELLED);

        assertThat(statusOf(() -> {
                    try {
                        call.sendMessage(Payload.request(1, 1));
                    } catch (IllegalStateException e) {
                        assertThat(e).hasMessageContaining("cancelled");
                    }
                }).isOk())
                .isTrue();
        serverStillAnswers();
    }

    private void serverStillAnswers() {
        CallRecorder<EchoReply> next = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.unary(), CallOptions.DEFAULT);
        call.start(next, new Metadata());
        call.halfClose();
        ServerProbe.Incoming incoming = probe.awaitCall();
        while (!incoming.call().getMethodDescriptor().equals(ServerProbe.unary())) {
            incoming = probe.awaitCall();
        }
        incoming.call().close(Status.ALREADY_EXISTS, new Metadata());
        assertThat(next.awaitStatus().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    }

    @Test
    void repliesToACancelledCallAreDroppedAndTheConnectionGoesOn() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        call.cancel("gone", null);
        for (int i = 0; i < 50; i++) {
            incoming.call().sendMessage(Payload.reply(5_000, i));
        }

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        serverStillAnswers();
    }

    @Test
    void cancelOfTheCallersContextCancelsTheCall() {
        serve(probe.service());
        Context.CancellableContext context = Context.current().withCancellation();
        context.run(() -> {
            ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
            call.start(recorder, new Metadata());
        });
        ServerProbe.Incoming incoming = probe.awaitCall();

        context.cancel(new IllegalStateException("context gone"));

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
    }

    @Test
    void callInACancelledContextFailsAtOnce() {
        serveEcho();
        Context.CancellableContext context = Context.current().withCancellation();
        context.cancel(null);

        Status.Code[] code = new Status.Code[1];
        context.run(() -> code[0] = codeOf(() -> blocking().unary(Payload.request(1, 1))));

        assertThat(code[0]).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void cancelledFutureCancelsTheCall() {
        serve(probe.service());
        ListenableFuture<EchoReply> reply = future().unary(Payload.request(1, 1));
        ServerProbe.Incoming incoming = probe.awaitCall();

        reply.cancel(true);

        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
    }

    @Test
    void handlerIsToldByItsOwnCancelHandler() {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        serve(new EchoService() {
            @Override
            public StreamObserver<EchoRequest> chat(StreamObserver<EchoReply> reply) {
                ServerCallStreamObserver<EchoReply> call = (ServerCallStreamObserver<EchoReply>) reply;
                call.setOnCancelHandler(() -> {
                    if (call.isCancelled()) {
                        told.countDown();
                    }
                });
                started.countDown();
                return super.chat(reply);
            }
        });
        StreamRecorder<EchoRequest, EchoReply> client = new StreamRecorder<>();
        async().chat(client);
        Wait.on(started);

        client.requests().cancel("enough", null);

        Wait.on(told);
        assertThat(client.awaitEnd().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void clientErrorCancelsTheUpload() {
        serve(probe.service());
        StreamRecorder<EchoRequest, EchoReply> client = new StreamRecorder<>();
        StreamObserver<EchoRequest> requests = async().chat(client);
        ServerProbe.Incoming incoming = probe.awaitCall();

        requests.onError(new IllegalStateException("source broke"));

        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        assertThat(client.awaitEnd().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void exceptionInTheClientsListenerCancelsTheCall() {
        serve(probe.service());
        CompletableFuture<Status> closed = new CompletableFuture<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(EchoReply message) {
                        throw new IllegalStateException("listener broke");
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        closed.complete(status);
                    }
                },
                new Metadata());
        call.request(2);
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(1, 1));

        assertThat(Wait.get(closed).getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(Wait.get(closed).getCause()).hasMessage("listener broke");
        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
    }

    @Test
    void abandonedIteratorIsEndedByItsContext() {
        CountDownLatch cancelled = new CountDownLatch(1);
        serve(new EchoService() {
            @Override
            public void download(DownloadRequest request, StreamObserver<EchoReply> reply) {
                ((ServerCallStreamObserver<EchoReply>) reply).setOnCancelHandler(cancelled::countDown);
                reply.onNext(Payload.reply(1, 0));
            }
        });
        Context.CancellableContext context = Context.current().withCancellation();

        context.run(() -> {
            Iterator<EchoReply> replies = blocking().download(DownloadRequest.getDefaultInstance());
            assertThat(replies.next().getSequence()).isEqualTo(0);
        });
        context.cancel(null);

        Wait.on(cancelled);
    }

    @Test
    void serverMayEndACallWithCancelled() {
        startChat();
        probe.awaitCall().call().close(Status.CANCELLED.withDescription("by the server"), new Metadata());

        Status status = recorder.awaitStatus();
        assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(status.getDescription()).isEqualTo("by the server");
    }

    @Test
    void completedCallIsNotCancelled() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        call.halfClose();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().close(Status.OK, new Metadata());

        assertThat(incoming.awaitEnd()).isEqualTo("complete");
        assertThat(incoming.call().isCancelled()).isFalse();
        Wait.until("the handler's Context ends with the call", incoming.context()::isCancelled);
    }
}
