package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.frame.FrameHeader;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.spi.EndCause;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls that the peer provably never acted on are made again elsewhere; all others are not. */
class RestartTest {
    private static final EndCause DEATH = EndCause.of(EndCause.Kind.PEER_DEATH, "test");

    private final Rig rig = new Rig();
    private final Elsewhere elsewhere = new Elsewhere();

    /** Notes what is started there and answers nothing by itself. */
    private static final class Elsewhere extends Channel {
        final List<Noted> calls = new ArrayList<>();
        CallOptions lastOptions = CallOptions.DEFAULT;

        @Override
        public String authority() {
            return "elsewhere";
        }

        @Override
        public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
            Noted call = new Noted();
            calls.add(call);
            lastOptions = options;
            @SuppressWarnings("unchecked")
            ClientCall<Q, R> typed = (ClientCall<Q, R>) call;
            return typed;
        }
    }

    private static final class Noted extends ClientCall<ConnectRequest, ConnectRequest> {
        ClientCall.Listener<ConnectRequest> listener;
        final List<String> doings = new ArrayList<>();
        int requested;

        @Override
        public void start(Listener<ConnectRequest> responseListener, Metadata headers) {
            listener = responseListener;
            doings.add("start");
        }

        @Override
        public void request(int count) {
            requested += count;
        }

        @Override
        public void cancel(String message, Throwable cause) {
            doings.add("cancel");
        }

        @Override
        public void halfClose() {
            doings.add("halfClose");
        }

        @Override
        public void sendMessage(ConnectRequest message) {
            doings.add("message " + message.getClientName());
        }
    }

    private ClientCall<ConnectRequest, ConnectRequest> begin(
            MethodDescriptor<ConnectRequest, ConnectRequest> method, Rig.Made made) {
        ClientCall<ConnectRequest, ConnectRequest> call =
                rig.connection.newCall(method, CallOptions.DEFAULT, elsewhere);
        call.start(made, new Metadata());
        call.request(2);
        if (method.getType().clientSendsOneMessage()) {
            call.sendMessage(ConnectRequest.newBuilder().setClientName("it").build());
            call.halfClose();
        }
        return call;
    }

    private void diesBeforeReading(List<byte[]> frames) {
        frames.forEach(frame -> rig.connection.onUnread(frame, frame.length));
        rig.port.close(DEATH);
    }

    @Test
    void unreadCallIsMadeAgainAndNothingIsLost() {
        Rig.Made made = new Rig.Made();
        ClientCall<ConnectRequest, ConnectRequest> call = begin(Rig.UNARY, made);

        diesBeforeReading(rig.port.sent(TYPE_OPEN));

        assertThat(elsewhere.calls).hasSize(1);
        Noted again = elsewhere.calls.getFirst();
        assertThat(again.doings).containsExactly("start", "message it", "halfClose");
        assertThat(again.requested).isEqualTo(2);
        assertThat(made.statuses).isEmpty();
        call.request(3);
        assertThat(again.requested).isEqualTo(5);
        again.listener.onClose(Status.OK, new Metadata());
        assertThat(made.status().isOk()).isTrue();
        call.cancel("late", null);
        assertThat(again.doings).endsWith("cancel");
    }

    @Test
    void callThatMayHaveBeenReadEndsUnavailable() {
        Rig.Made read = new Rig.Made();
        begin(Rig.UNARY, read);
        List<byte[]> before = rig.port.sent(TYPE_OPEN);
        Rig.Made unread = new Rig.Made();
        begin(Rig.SERVER, unread);
        List<byte[]> after = new ArrayList<>(rig.port.sent(TYPE_OPEN));
        after.removeAll(before);

        diesBeforeReading(after);

        assertThat(read.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(unread.statuses).isEmpty();
        assertThat(elsewhere.calls).hasSize(1);
    }

    @Test
    void unsentCallIsMadeAgainWhenThePeerCloses() {
        rig.port.peerReads(false);
        Rig.Made made = new Rig.Made();
        begin(Rig.UNARY, made);

        rig.port.close(EndCause.of(EndCause.Kind.PEER_CLOSE, "test"));

        assertThat(elsewhere.calls).hasSize(1);
        assertThat(made.statuses).isEmpty();
    }

    @Test
    void unsentCallIsNotMadeAgainWhenThisSideCloses() {
        rig.port.peerReads(false);
        Rig.Made made = new Rig.Made();
        begin(Rig.UNARY, made);

        rig.connection.shutdownNow(Status.UNAVAILABLE.withDescription("by the program"));

        assertThat(elsewhere.calls).isEmpty();
        assertThat(made.status().getDescription()).isEqualTo("by the program");
    }

    @Test
    void callBegunBeforeAndOpenedAfterTheEndIsMadeAgainWhateverItsKind() {
        for (MethodDescriptor<ConnectRequest, ConnectRequest> method : Rig.METHODS) {
            Rig fresh = new Rig();
            fresh.port.close(DEATH);
            Rig.Made made = new Rig.Made();
            ClientCall<ConnectRequest, ConnectRequest> call =
                    fresh.connection.newCall(method, CallOptions.DEFAULT, elsewhere);
            call.start(made, new Metadata());
            call.request(1);
            call.sendMessage(ConnectRequest.newBuilder().setClientName("it").build());
            call.halfClose();

            assertThat(elsewhere.calls.removeLast().doings)
                    .as(method.getType().toString()).containsExactly("start", "message it", "halfClose");
            assertThat(made.statuses).isEmpty();
        }
    }

    @Test
    void streamWhoseMessagesAreNotKeptEndsUnavailable() {
        Rig.Made made = new Rig.Made();
        begin(Rig.BIDI, made);

        diesBeforeReading(rig.port.sent(TYPE_OPEN));

        assertThat(made.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(elsewhere.calls).isEmpty();
    }

    @Test
    void refusalOfWhoGoesAwayIsMadeAgainAndThatOfALimitIsNot() {
        Rig.Made going = new Rig.Made();
        begin(Rig.UNARY, going);
        Rig.Made limited = new Rig.Made();
        begin(Rig.UNARY, limited);
        List<byte[]> opens = rig.port.sent(TYPE_OPEN);

        rig.port.feed(refusal(opens.get(0), Status.Code.UNAVAILABLE));
        rig.port.feed(refusal(opens.get(1), Status.Code.RESOURCE_EXHAUSTED));

        assertThat(elsewhere.calls).hasSize(1);
        assertThat(going.statuses).isEmpty();
        assertThat(limited.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    private static byte[] refusal(byte[] open, Status.Code code) {
        return WireFrames.reply(FrameHeader.call(open), FLAG_STATUS | FLAG_REFUSED, code.value(),
                WireFrames.NOTHING, WireFrames.NOTHING, "", WireFrames.NOTHING);
    }

    @Test
    void cancelledCallIsNotMadeAgain() {
        Rig.Made made = new Rig.Made();
        begin(Rig.UNARY, made).cancel("no more", null);

        diesBeforeReading(rig.port.sent(TYPE_OPEN));

        assertThat(elsewhere.calls).isEmpty();
        assertThat(made.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void callIsMadeAgainFourTimesAtMost() {
        CallOptions options = CallOptions.DEFAULT;
        int times = 0;
        while (times < 10) {
            Rig fresh = new Rig();
            fresh.port.close(DEATH);
            Rig.Made made = new Rig.Made();
            ClientCall<ConnectRequest, ConnectRequest> call =
                    fresh.connection.newCall(Rig.BIDI, options, elsewhere);
            call.start(made, new Metadata());
            if (!made.statuses.isEmpty()) {
                break;
            }
            options = elsewhere.lastOptions;
            times++;
        }

        assertThat(times).isEqualTo(4);
    }
}
