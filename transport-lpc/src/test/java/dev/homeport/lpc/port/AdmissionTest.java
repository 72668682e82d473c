package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.OpenThings;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.SocketPair;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import io.netty.channel.Channel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may not connect is told so, before anything it sent is read. */
class AdmissionTest {
    private static final int OTHER_UID = 12_345;

    @TempDir
    static Path directory = Path.of("");

    @BeforeEach
    void threadsAreThere() throws Exception {
        new Ports(directory).publish("warm").close();
        SetupServer.shared();
    }

    @Test
    void userWhoIsNotOnTheListIsRefused() throws Exception {
        assertRefused(new PortRules(Ports.SERVER, Set.of(OTHER_UID), Endpoint::close), "NOT_ALLOWED");
    }

    @Test
    void closedPortSaysThatItShutsDown() throws Exception {
        PortRules rules = new PortRules(Ports.SERVER, Set.of(Ports.OWN_UID), Endpoint::close);
        rules.close();
        assertRefused(rules, "SHUTTING_DOWN");
    }

    @Test
    void pathThatCannotBeBoundLeavesNoSocketBehind() {
        PortRules rules = new PortRules(Ports.SERVER, Set.of(Ports.OWN_UID), Endpoint::close);
        OpenThings before = OpenThings.now();
        assertThatThrownBy(() -> AcceptLoop.listen(directory.resolve("none/port.sock"), rules))
                .isInstanceOf(java.io.IOException.class)
                .hasMessageContaining("cannot listen at");
        assertThat(Ports.eventually(() -> OpenThings.now().equals(before))).isTrue();
    }

    private static void assertRefused(PortRules rules, String refusal) throws Exception {
        OpenThings before = OpenThings.now();
        Path path = directory.resolve("port.sock");
        Channel channel = AcceptLoop.listen(path, rules);
        ConnectionPort port = new ConnectionPort("port", path.toString(), Ports.OWN_UID, Ports.OWN_PID);
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> SetupClient.open(port, Ports.CLIENT)).hasMessageContaining(refusal);
        }
        AcceptLoop.close(channel);
        Files.deleteIfExists(path);
        assertThat(Ports.eventually(() -> OpenThings.now().equals(before)))
                .as("before %s, after %s", before, OpenThings.now())
                .isTrue();
    }

    @Test
    void descriptorsOfAUserAreBounded() throws Exception {
        UidLimit connections = new UidLimit(10);
        UidLimit descriptors = new UidLimit(DescriptorBound.OF_CONNECTION + 1);
        ServerHandshake handshake = new ServerHandshake(connections, descriptors);
        assertThat(descriptors.tryTake(Ports.OWN_UID, DescriptorBound.OF_CONNECTION)).isTrue();
        SocketPair pair = SocketPair.create();
        byte[] request = Envelope.bytesOf(ConnectRequest.newBuilder()
                .setMinVersion(SetupMessages.VERSION)
                .setMaxVersion(SetupMessages.VERSION)
                .build());
        assertThat(Messages.send(pair.second(), request, 0, request.length, pair.second())).isEqualTo(request.length);
        PortRules rules = new PortRules(Ports.SERVER, Set.of(Ports.OWN_UID), Endpoint::close);
        try (HalfOpen client = new HalfOpen(pair.first(), rules, System.nanoTime() + SetupServer.SETUP_NANOS)) {
            ReceivedMessage scratch = new ReceivedMessage(Envelope.READ_BYTES, ReceivedMessage.MAX_DESCRIPTORS);
            assertThat(client.request().read(client.socket(), scratch)).isEqualTo(Envelope.Progress.COMPLETE);

            assertThatThrownBy(() -> handshake.answer(client))
                    .isInstanceOf(ServerHandshake.Refused.class)
                    .hasMessage("descriptors: uid=" + Ports.OWN_UID + ", max=" + descriptors.max());
        }
        Descriptors.close(pair.second());
        assertThat(connections.count(Ports.OWN_UID)).as("what was taken is given back").isZero();
    }

    @Test
    void accountOfAUserSaysWhatItsConnectionsKeep() throws Exception {
        Ports ports = new Ports(directory);
        UserAccount before = UserAccount.of(Ports.OWN_UID);
        try (Publisher publisher = ports.publish("account");
                Endpoint _ = SetupClient.open(ports.port(publisher), Ports.CLIENT);
                Endpoint _ = ports.awaitAccepted()) {
            UserAccount now = UserAccount.of(Ports.OWN_UID);
            assertThat(now.connections()).isEqualTo(before.connections() + 1);
            assertThat(now.descriptors()).isEqualTo(before.descriptors() + DescriptorBound.OF_CONNECTION);
        }
        assertThat(UserAccount.of(Ports.OWN_UID)).isEqualTo(before);
    }

    @Test
    void boundOfDescriptorsIsReadFromTheKernel() {
        assertThat(DescriptorBound.parse(List.of("Limit  Soft Limit  Hard Limit  Units",
                "Max open files            1024                 524288               files     "))).isEqualTo(1024);
        assertThat(DescriptorBound.parse(List.of("Max open files   unlimited  unlimited  files")))
                .isEqualTo(Integer.MAX_VALUE);
        assertThat(DescriptorBound.parse(List.of())).isEqualTo(Integer.MAX_VALUE);
        assertThat(DescriptorBound.ofProcess()).isBetween(DescriptorBound.OF_CONNECTION, Integer.MAX_VALUE);
    }

    @Test
    void limitCountsPerUserAndGivesBack() {
        UidLimit limit = new UidLimit(2);
        assertThat(limit.tryTake(1)).isTrue();
        assertThat(limit.tryTake(1)).isTrue();
        assertThat(limit.tryTake(1)).isFalse();
        assertThat(limit.tryTake(2)).isTrue();
        limit.giveBack(1);
        assertThat(limit.count(1)).isEqualTo(1);
        assertThat(limit.tryTake(1)).isTrue();
        limit.giveBack(1);
        limit.giveBack(1);
        assertThat(limit.count(1)).isZero();
    }
}
