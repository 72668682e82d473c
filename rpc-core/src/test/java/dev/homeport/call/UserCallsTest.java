package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.REPLY_BYTES;
import static dev.homeport.frame.FrameLayout.TYPE_REPLY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.frame.FrameHeader;
import dev.homeport.spi.EndCause;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What one user may have open over all connections. */
class UserCallsTest {
    private static final int UID = 99;

    private static final int OF_CONNECTION = 16_384;
    private static final int BIDI = Rig.METHODS.indexOf(Rig.BIDI);

    private static Rig connection() {
        return new Rig(Runnable::run, new CallLimits(Rig.MAX_MESSAGE_BYTES, Rig.MAX_METADATA_BYTES, OF_CONNECTION),
                List.of(), UID).numbered();
    }

    private static String refusalOf(byte[] reply) {
        return new String(reply, REPLY_BYTES,
                reply.length - REPLY_BYTES, StandardCharsets.UTF_8);
    }

    @Test
    void callsOfOneUserAreBoundedOverItsConnectionsAndFreeAgainAfterTheirEnd() {
        List<Rig> rigs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Rig rig = connection();
            rigs.add(rig);
            for (int call = 0; call < OF_CONNECTION; call++) {
                rig.port.feed(WireFrames.open(call, BIDI));
            }
        }

        int served = rigs.stream().mapToInt(rig -> rig.served.size()).sum();
        assertThat(served).isBetween(
                UserCalls.DEFAULT_MAX - UserCalls.STEP, UserCalls.DEFAULT_MAX + 5 * UserCalls.FREE_PER_CONNECTION);
        List<byte[]> refusals =
                rigs.stream().flatMap(rig -> rig.port.sent(TYPE_REPLY).stream()).toList();
        assertThat(refusals).hasSize(5 * OF_CONNECTION - served);
        assertThat(FrameHeader.code(refusals.getFirst())).isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
        assertThat(refusalOf(refusals.getFirst())).contains("uid=99").contains("max=65536");
        assertThat(UserCalls.reserved(UID)).isEqualTo(UserCalls.DEFAULT_MAX);

        rigs.forEach(rig -> rig.port.close(EndCause.of(EndCause.Kind.PEER_DEATH, "test")));

        assertThat(UserCalls.reserved(UID)).isZero();
        Rig after = connection();
        for (int call = 0; call < 100; call++) {
            after.port.feed(WireFrames.open(call, BIDI));
        }
        assertThat(after.served).hasSize(100);
        after.port.close(EndCause.of(EndCause.Kind.PEER_DEATH, "test"));
        assertThat(UserCalls.reserved(UID)).isZero();
    }

    @Test
    void fewCallsOfManyConnectionsAskNobody() {
        Rig rig = connection();
        for (int call = 0; call < UserCalls.FREE_PER_CONNECTION; call++) {
            rig.port.feed(WireFrames.open(call, BIDI));
        }

        assertThat(UserCalls.reserved(UID)).isZero();
        rig.port.close(EndCause.of(EndCause.Kind.PEER_DEATH, "test"));
    }
}
