package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.frame.Bytes;
import dev.homeport.idl.v1.ConnectRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import org.junit.jupiter.api.Test;

/** A message over the limit ends its call behind what came before it, as gRPC's decoder finds it only then. */
class ReplyOverLimitTest {
    private static final byte[] NOTHING = {};

    private final Rig rig = new Rig();
    private final Rig.Made made = new Rig.Made();
    private final ClientCall<ConnectRequest, ConnectRequest> call =
            rig.connection.newCall(Rig.SERVER, CallOptions.DEFAULT);

    @Test
    void messagesBeforeItAreDeliveredAndNoneBehindIt() {
        call.start(made, new Metadata());
        call.sendMessage(ConnectRequest.getDefaultInstance());
        call.halfClose();
        int number = ((OutgoingCall<?, ?>) call).number();

        rig.port.feed(reply(number, FLAG_HEADERS));
        rig.port.feed(tooLarge(number));
        rig.port.feed(reply(number, 0));

        assertThat(rig.port.end()).isNull();
        assertThat(made.statuses).isEmpty();
        assertThat(rig.port.sent(TYPE_CANCEL)).hasSize(1);
        call.request(10);
        assertThat(made.messages).hasValue(1);
        assertThat(made.status().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(rig.connection.openCalls()).isZero();
    }

    @Test
    void cancelOvertakesIt() {
        call.start(made, new Metadata());
        call.sendMessage(ConnectRequest.getDefaultInstance());
        call.halfClose();
        int number = ((OutgoingCall<?, ?>) call).number();
        rig.port.feed(reply(number, FLAG_HEADERS));
        rig.port.feed(tooLarge(number));

        call.cancel("enough", null);

        assertThat(made.messages).hasValue(0);
        assertThat(made.status().getCode()).isEqualTo(Code.CANCELLED);
        assertThat(rig.port.sent(TYPE_CANCEL)).hasSize(1);
    }

    private static byte[] reply(int number, int more) {
        return WireFrames.reply(
                number, FLAG_MESSAGE | more, 0, NOTHING, ConnectRequest.getDefaultInstance().toByteArray(), "", NOTHING);
    }

    private static byte[] tooLarge(int number) {
        byte[] frame =
                WireFrames.reply(number, FLAG_MESSAGE | FLAG_FRAGMENTED, 0, NOTHING, new byte[10], "", NOTHING);
        Bytes.putInt(frame, REPLY_MESSAGE_LENGTH, Integer.MAX_VALUE);
        return frame;
    }
}
