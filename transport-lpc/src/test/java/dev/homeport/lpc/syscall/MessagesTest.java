package dev.homeport.lpc.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.OpenThings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MessagesTest {
    private final OpenThings before = OpenThings.now();
    private SocketPair pair = new SocketPair(0, -1, -1);

    @BeforeEach
    void open() {
        pair = SocketPair.create();
        assertThat(pair.error()).isZero();
    }

    @AfterEach
    void nothingLeaks() {
        Descriptors.close(pair.first());
        Descriptors.close(pair.second());
        assertThat(OpenThings.now()).isEqualTo(before);
    }

    @Test
    void bytesAndDescriptorsArriveTogether() {
        int sent = Memfd.create("sent");
        ReceivedMessage message = new ReceivedMessage(64, 4);

        assertThat(Messages.send(pair.first(), new byte[] {9, 1, 2, 9}, 1, 2, sent, sent)).isEqualTo(2);
        assertThat(Messages.receive(pair.second(), message)).isEqualTo(2);

        byte[] bytes = new byte[2];
        message.copyTo(bytes, 0);
        assertThat(bytes).containsExactly(1, 2);
        assertThat(message.isCut()).isFalse();
        int[] received = message.takeDescriptors();
        assertThat(received).hasSize(2);
        for (int descriptor : received) {
            assertThat(FileStatus.ofDescriptor(descriptor).isSameFile(FileStatus.ofDescriptor(sent))).isTrue();
            Descriptors.close(descriptor);
        }
        Descriptors.close(sent);
    }

    @Test
    void tooLittleRoomForDescriptorsIsReportedAndNothingStaysOpen() {
        int sent = Memfd.create("sent");
        int[] seven = {sent, sent, sent, sent, sent, sent, sent};
        ReceivedMessage message = new ReceivedMessage(64, 1);

        Messages.send(pair.first(), new byte[1], 0, 1, seven);
        assertThat(Messages.receive(pair.second(), message)).isEqualTo(1);

        assertThat(message.isCut()).isTrue();
        assertThat(message.descriptorCount()).isBetween(1, 2);
        message.closeDescriptors();
        Descriptors.close(sent);
    }

    @Test
    void theMostTheKernelCarriesFits() {
        int sent = Memfd.create("sent");
        int[] most = new int[ReceivedMessage.MAX_DESCRIPTORS];
        java.util.Arrays.fill(most, sent);
        ReceivedMessage message = new ReceivedMessage(64, ReceivedMessage.MAX_DESCRIPTORS);

        assertThat(Messages.send(pair.first(), new byte[1], 0, 1, most)).isEqualTo(1);
        Messages.receive(pair.second(), message);

        assertThat(message.isCut()).isFalse();
        assertThat(message.descriptorCount()).isEqualTo(most.length);
        message.closeDescriptors();
        Descriptors.close(sent);
    }

    @Test
    void packetLongerThanTheRoomIsReported() {
        ReceivedMessage message = new ReceivedMessage(2, 1);
        Messages.send(pair.first(), new byte[3], 0, 3);
        Messages.receive(pair.second(), message);
        assertThat(message.isCut()).isTrue();
    }

    @Test
    void emptySocketSaysSo() {
        assertThat(Messages.receive(pair.second(), new ReceivedMessage(1, 1))).isEqualTo(-Errno.EAGAIN);
        assertThat(UnixSocket.peek(pair.second())).isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void ringingAFullSocketSaysSoAndRingingADeadPeerRaisesNoSignal() {
        int rung = 1;
        for (int i = 0; i < 1_000_000 && rung == 1; i++) {
            rung = Messages.ring(pair.first());
        }
        assertThat(rung).isEqualTo(-Errno.EAGAIN);

        SocketPair dead = SocketPair.create();
        Descriptors.close(dead.second());
        assertThat(Messages.ring(dead.first())).isEqualTo(-Errno.EPIPE);
        Descriptors.close(dead.first());
    }

    @Test
    void packetSocketIsToldFromOthers() {
        int event = EventFd.create();
        assertThat(UnixSocket.isPacketSocket(pair.first())).isTrue();
        assertThat(UnixSocket.isPacketSocket(event)).isFalse();
        Descriptors.close(event);
    }

    @Test
    void credentialsOfThePairAreThisProcess() {
        PeerCredentials peer = PeerCredentials.of(pair.first());
        assertThat(peer.error()).isZero();
        assertThat(peer.pid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(peer.uid()).isEqualTo(PeerCredentials.ownUid());
        assertThat(peer.gid()).isEqualTo(PeerCredentials.ownGid());
        assertThat(PeerCredentials.of(0).error()).isNegative();
    }
}
