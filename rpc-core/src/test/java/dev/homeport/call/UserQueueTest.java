package dev.homeport.call;

import static dev.homeport.call.WireFrames.*;
import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.homeport.frame.Bytes;
import dev.homeport.frame.FrameHeader;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.spi.EndCause;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is kept on the heap for one user, over all calls and connections. */
@Timeout(20)
class UserQueueTest {
    private static final int UID = 98;
    private static final int MAX = 1 << 20;
    private static final int BIDI = Rig.METHODS.indexOf(Rig.BIDI);
    private static final int UNARY = Rig.METHODS.indexOf(Rig.UNARY);
    private static final byte[] MESSAGE =
            ConnectRequest.newBuilder().setDirectNonce(ByteString.copyFrom(new byte[6_000])).build().toByteArray();

    private final List<Rig> rigs = new ArrayList<>();

    /** Read when the first connection of a user asks. */
    @BeforeAll
    static void bound() {
        System.setProperty(UserQueue.PROPERTY, String.valueOf(MAX));
    }

    @AfterAll
    static void unbound() {
        System.clearProperty(UserQueue.PROPERTY);
    }

    @AfterEach
    void nothingStaysReservedAfterTheEnd() {
        rigs.forEach(rig -> rig.port.close(EndCause.of(EndCause.Kind.PEER_DEATH, "test")));
        assertThat(UserQueue.reservedBytes(UID)).isZero();
        assertThat(rigs).flatMap(rig -> rig.served).allMatch(call -> call.ends() == 1);
    }

    private Rig connection() {
        Rig rig = new Rig(Runnable::run, Rig.LIMITS, List.of(), UID).numbered();
        rigs.add(rig);
        return rig;
    }

    private static List<byte[]> refusals(Rig rig) {
        Predicate<byte[]> exhausted =
                reply -> FrameHeader.code(reply) == Status.Code.RESOURCE_EXHAUSTED.value();
        return rig.port.sent(TYPE_REPLY).stream().filter(exhausted).toList();
    }

    private static String textOf(byte[] reply) {
        return new String(reply, REPLY_BYTES, reply.length - REPLY_BYTES, StandardCharsets.UTF_8);
    }

    /** Fills the windows of streams whose handlers ask for nothing. */
    private void fill(Rig rig) {
        rig.handlersRequest = false;
        for (int call = 0; call < 8; call++) {
            rig.port.feed(open(call, BIDI));
            for (int i = 0; i < 40; i++) {
                rig.port.feed(data(call, FLAG_MESSAGE, MESSAGE));
            }
        }
    }

    @Test
    void messagesThatNoHandlerAsksForAreBoundedOverAllCallsOfAUser() {
        Rig rig = connection();

        fill(rig);

        assertThat(UserQueue.reservedBytes(UID)).isBetween(MAX - 2L * QueueShare.STEP_BYTES, (long) MAX);
        assertThat(refusals(rig)).isNotEmpty();
        assertThat(textOf(refusals(rig).getFirst())).contains("uid=98").contains("maxBytes=" + MAX);
        assertThat(rig.port.end()).as("the connection goes on").isNull();
    }

    @Test
    void anotherConnectionOfThatUserIsRefused() {
        fill(connection());
        Rig second = connection();
        int sent = 0;
        while (refusals(second).isEmpty() && sent < 100) {
            second.handlersRequest = false;
            second.port.feed(open(sent++, UNARY, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, MESSAGE));
        }

        assertThat(refusals(second)).isNotEmpty();
    }

    @Test
    void smallMessagesAreServedAtTheBound() {
        fill(connection());
        Rig second = connection();

        for (int call = 0; call < 50; call++) {
            second.port.feed(open(call, UNARY, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, new byte[0]));
        }

        assertThat(second.served).hasSize(50).allMatch(call -> call.completes.get() == 1);
    }

    @Test
    void anotherUserIsServedAtTheBound() {
        fill(connection());
        Rig other = new Rig().numbered();

        other.port.feed(open(1, UNARY, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, MESSAGE));

        assertThat(other.served.getFirst().completes).hasValue(1);
    }

    @Test
    void deliveredMessagesMakeRoomAgain() {
        Rig rig = connection();
        for (int round = 0; round < 3; round++) {
            rig.port.feed(open(round, BIDI));
            for (int i = 0; i < 100; i++) {
                rig.port.feed(data(round, FLAG_MESSAGE, MESSAGE));
            }
        }

        assertThat(refusals(rig)).isEmpty();
        assertThat(UserQueue.reservedBytes(UID)).isZero();
    }

    @Test
    void framesInPiecesAreBounded() {
        Rig rig = connection();
        byte[] first = open(0, BIDI, FLAG_MESSAGE | FLAG_FRAGMENTED, NOTHING, new byte[4_000]);
        Bytes.putInt(first, OPEN_MESSAGE_LENGTH, Rig.MAX_MESSAGE_BYTES);

        for (int call = 0; call < 40; call++) {
            Bytes.putInt(first, CALL, call);
            rig.port.feed(first);
            for (int i = 0; i < 3; i++) {
                rig.port.feed(fragment(0, call, 4_000));
            }
        }

        assertThat(refusals(rig)).hasSizeGreaterThanOrEqualTo(40 - MAX / QueueShare.STEP_BYTES);
        assertThat(rig.port.end()).isNull();
        for (int call = 0; call < 40; call++) {
            rig.port.feed(cancel(call, 1, ""));
        }
        assertThat(UserQueue.reservedBytes(UID)).isZero();
    }

    @Test
    void repliesThatAreNotReadAreBoundedAndEndTheirCall() {
        Rig rig = connection();
        rig.answer = call -> {
            call.sendHeaders(new Metadata());
            for (int i = 0; i < 1_000 && !call.isCancelled(); i++) {
                call.sendMessage(ConnectRequest.newBuilder().setDirectNonce(ByteString.copyFrom(MESSAGE)).build());
            }
            if (!call.isCancelled()) {
                call.close(Status.OK, new Metadata());
            }
        };
        rig.port.peerReads(false);

        rig.port.feed(open(1, BIDI, FLAG_HALF_CLOSE, NOTHING, NOTHING));

        assertThat(rig.served.getFirst().cancels).hasValue(1);
        assertThat(UserQueue.reservedBytes(UID)).isLessThanOrEqualTo(MAX);
        rig.port.peerReads(true);
        rig.connection.onRoom(FeedPort.TURN);
        assertThat(refusals(rig)).hasSize(1);
        assertThat(textOf(refusals(rig).getFirst())).contains("uid=98");
        assertThat(UserQueue.reservedBytes(UID)).isZero();
    }

    @Test
    void replyOfAUnaryCallThatFindsNoRoomIsReplacedByTheStatus() {
        Rig rig = connection();
        rig.answer = call -> {
            call.sendHeaders(new Metadata());
            call.sendMessage(ConnectRequest.newBuilder().setDirectNonce(ByteString.copyFrom(MESSAGE)).build());
            call.close(Status.OK, new Metadata());
        };
        rig.port.peerReads(false);
        int calls = 2 * MAX / QueueShare.STEP_BYTES;
        for (int call = 0; call < calls; call++) {
            rig.port.feed(open(call, UNARY, FLAG_MESSAGE | FLAG_HALF_CLOSE, NOTHING, NOTHING));
        }
        rig.port.peerReads(true);
        rig.connection.onRoom(FeedPort.TURN);

        assertThat(rig.port.sent(TYPE_REPLY)).hasSize(calls);
        assertThat(refusals(rig)).hasSize(calls / 2);
    }
}
