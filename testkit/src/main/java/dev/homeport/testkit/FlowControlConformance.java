package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** {@code request(n)}, {@code isReady} and {@code onReady}: a reader that is slow holds up its writer and nobody else. */
public abstract class FlowControlConformance extends Conformance {
    private static final int CHUNK = 16 * 1024;
    /** More chunks than any window holds. */
    private static final int FLOOD = 4_000;
    /** Long enough for a message that should not come to have come. */
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(40);

    private final ServerProbe probe = new ServerProbe();
    private final CallRecorder<EchoReply> recorder = new CallRecorder<>();

    private ClientCall<EchoRequest, EchoReply> startChat() {
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(recorder, new Metadata());
        return call;
    }

    @Test
    void clientGetsExactlyWhatItAskedFor() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        for (int i = 0; i < 10; i++) {
            incoming.call().sendMessage(Payload.reply(10, i));
        }

        int taken = 0;
        for (int asked : new int[] {1, 1, 3, 2}) {
            call.request(asked);
            for (int i = 0; i < asked; i++) {
                assertThat(recorder.awaitMessage().getSequence()).isEqualTo(taken++);
            }
            LockSupport.parkNanos(QUIET_NANOS);
            assertThat(recorder.untaken()).isZero();
        }
        call.cancel("seen enough", null);
    }

    @Test
    void serverGetsExactlyWhatItAskedFor() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        for (int i = 0; i < 10; i++) {
            call.sendMessage(Payload.request(10, i));
        }
        ServerProbe.Incoming incoming = probe.awaitCall();

        int taken = 0;
        for (int asked : new int[] {1, 1, 3, 2}) {
            incoming.call().request(asked);
            for (int i = 0; i < asked; i++) {
                assertThat(incoming.awaitMessage().getSequence()).isEqualTo(taken++);
            }
            LockSupport.parkNanos(QUIET_NANOS);
            assertThat(incoming.untaken()).isZero();
        }
        call.cancel("seen enough", null);
    }

    @Test
    void nothingAskedForMeansNothingDelivered() {
        startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(10, 1));
        recorder.awaitHeaders();

        LockSupport.parkNanos(QUIET_NANOS);

        assertThat(recorder.untaken()).isZero();
    }

    @Test
    void statusWaitsForTheMessagesBeforeIt() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(Payload.reply(10, 1));
        incoming.call().close(Status.OK, new Metadata());

        LockSupport.parkNanos(QUIET_NANOS);
        assertThat(recorder.isClosed()).isFalse();
        call.request(1);

        assertThat(recorder.awaitStatus().isOk()).isTrue();
        assertThat(recorder.events()).containsExactly("headers", "message", "close");
    }

    @Test
    void halfCloseWaitsForTheMessagesBeforeIt() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        call.sendMessage(Payload.request(10, 1));
        call.halfClose();
        ServerProbe.Incoming incoming = probe.awaitCall();

        LockSupport.parkNanos(QUIET_NANOS);
        assertThat(incoming.events()).isEmpty();
        incoming.call().request(1);

        incoming.awaitHalfClose();
        assertThat(incoming.events()).containsExactly("message", "half-close");
    }

    @Test
    void clientIsReadyOnceTheCallIsUp() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        probe.awaitCall().call().request(1);

        recorder.awaitReady();

        assertThat(call.isReady()).isTrue();
    }

    @Test
    void serverIsReadyOnceItSentHeaders() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        call.request(1);
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());

        Wait.until("the server call is ready", incoming.call()::isReady);
    }

    @Test
    void slowServerStopsTheClientAndStartsItAgain() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().request(1);
        recorder.awaitReady();
        int sent = 0;
        while (call.isReady()) {
            assertThat(sent).isLessThan(FLOOD);
            call.sendMessage(Payload.request(CHUNK, sent++));
        }

        for (int i = 0; i < sent; i++) {
            assertThat(incoming.awaitMessage().getSequence()).isEqualTo(i);
            incoming.call().request(1);
        }

        Wait.until("the client may write again", call::isReady);
        recorder.awaitReady();
    }

    @Test
    void slowClientStopsTheServerAndStartsItAgain() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        call.request(1);
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        Wait.until("the server call is ready", incoming.call()::isReady);
        int sent = 0;
        while (incoming.call().isReady()) {
            assertThat(sent).isLessThan(FLOOD);
            incoming.call().sendMessage(Payload.reply(CHUNK, sent++));
        }

        for (int i = 0; i < sent; i++) {
            assertThat(recorder.awaitMessage().getSequence()).isEqualTo(i);
            call.request(1);
        }

        Wait.until("the server may write again", incoming.call()::isReady);
    }

    @Test
    void writerThatIgnoresReadinessIsBufferedFor() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        for (int i = 0; i < 600; i++) {
            call.sendMessage(Payload.request(CHUNK, i));
        }
        call.halfClose();
        assertThat(call.isReady()).isFalse();

        for (int i = 0; i < 600; i++) {
            incoming.call().request(1);
            EchoRequest request = incoming.awaitMessage();
            assertThat(request.getSequence()).isEqualTo(i);
            assertThat(Payload.isIntact(request)).isTrue();
        }
        incoming.awaitHalfClose();
    }

    @Test
    void serverThatIgnoresReadinessIsBufferedFor() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        for (int i = 0; i < 600; i++) {
            incoming.call().sendMessage(Payload.reply(CHUNK, i));
        }
        incoming.call().close(Status.OK, new Metadata());

        for (int i = 0; i < 600; i++) {
            call.request(1);
            EchoReply reply = recorder.awaitMessage();
            assertThat(reply.getSequence()).isEqualTo(i);
            assertThat(Payload.isIntact(reply)).isTrue();
        }
        assertThat(recorder.awaitStatus().isOk()).isTrue();
    }

    @Test
    void stalledStreamDoesNotHoldUpOtherCalls() {
        ClientCall<EchoRequest, EchoReply> stalled = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().sendHeaders(new Metadata());
        for (int i = 0; i < 300; i++) {
            stalled.sendMessage(Payload.request(CHUNK, i));
            incoming.call().sendMessage(Payload.reply(CHUNK, i));
        }

        for (int i = 0; i < 50; i++) {
            CallRecorder<EchoReply> other = new CallRecorder<>();
            ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.unary(), CallOptions.DEFAULT);
            call.start(other, new Metadata());
            call.request(2);
            call.sendMessage(Payload.request(2_000, i));
            call.halfClose();
            answer(probe.awaitCall());
            assertThat(other.awaitMessage().getSequence()).isEqualTo(i);
            assertThat(other.awaitStatus().isOk()).isTrue();
        }
        stalled.cancel("done", null);
    }

    private static void answer(ServerProbe.Incoming incoming) {
        incoming.call().request(2);
        EchoRequest request = incoming.awaitMessage();
        incoming.call().sendHeaders(new Metadata());
        incoming.call().sendMessage(EchoService.replyTo(request));
        incoming.call().close(Status.OK, new Metadata());
    }

    @Test
    void manyStalledStreamsDoNotHoldUpOneMore() {
        serve(probe.service());
        for (int i = 0; i < 20; i++) {
            ClientCall<EchoRequest, EchoReply> stalled = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
            stalled.start(new CallRecorder<>(), new Metadata());
            for (int k = 0; k < 20; k++) {
                stalled.sendMessage(Payload.request(1_000, k));
            }
            probe.awaitCall();
        }

        CallRecorder<EchoReply> other = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.unary(), CallOptions.DEFAULT);
        call.start(other, new Metadata());
        call.request(2);
        call.sendMessage(Payload.request(100_000, 7));
        call.halfClose();
        answer(probe.awaitCall());

        assertThat(other.awaitMessage().getPayload()).isEqualTo(Payload.of(100_000, 7));
    }

    @Test
    void cancelOfAStalledStreamFreesIt() {
        ClientCall<EchoRequest, EchoReply> stalled = startChat();
        ServerProbe.Incoming incoming = probe.awaitCall();
        for (int i = 0; i < 300; i++) {
            stalled.sendMessage(Payload.request(CHUNK, i));
        }

        stalled.cancel("never mind", null);

        assertThat(incoming.awaitEnd()).isEqualTo("cancel");
        assertThat(stalled.isReady()).isFalse();
    }

    @Test
    void messageLargerThanTheWindowPasses() {
        ClientCall<EchoRequest, EchoReply> call = startChat();
        call.sendMessage(Payload.request(3 << 20, 1));
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().request(1);

        assertThat(incoming.awaitMessage().getPayload()).isEqualTo(Payload.of(3 << 20, 1));
    }

    @Test
    void onReadyIsToldOncePerStall() {
        AtomicInteger told = new AtomicInteger();
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onReady() {
                        told.incrementAndGet();
                    }
                },
                new Metadata());
        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().request(1_000);
        Wait.until("onReady at the start", () -> told.get() > 0);
        for (int i = 0; i < 100; i++) {
            call.sendMessage(Payload.request(1, i));
            incoming.awaitMessage();
        }

        assertThat(told.get()).isLessThan(20);
    }
}
