package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.lpc.OpenThings;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.Pidfd;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client and a server of this process set up connections as two processes would. */
class SetupTest {
    @TempDir
    static Path directory = Path.of("");

    private Ports ports = new Ports(directory);
    private OpenThings before = OpenThings.now();

    @BeforeEach
    void threadsAreThere() throws Exception {
        new Ports(directory).publish("warm").close();
        SetupServer.shared();
        ports = new Ports(directory);
        before = OpenThings.now();
    }

    @AfterEach
    void nothingLeaks() {
        assertThat(Ports.eventually(() -> OpenThings.now().equals(before)))
                .as("before %s, after %s", before, OpenThings.now())
                .isTrue();
        assertThat(Ports.eventually(() -> Ports.halfOpen() == 0)).isTrue();
        assertThat(Ports.connections()).isZero();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void bothSidesReadWhatTheOtherWrites() throws Exception {
        try (Publisher publisher = ports.publish("name");
                Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT);
                Endpoint server = ports.awaitAccepted()) {
            client.own().buffer().putLong(OutboxLayout.TAIL, 1);
            server.own().buffer().putLong(OutboxLayout.TAIL, 2);
            assertThat(server.peer().buffer().getLong(OutboxLayout.TAIL)).isEqualTo(1);
            assertThat(client.peer().buffer().getLong(OutboxLayout.TAIL)).isEqualTo(2);
            assertThat(client.smallMessageBytes()).isEqualTo(server.smallMessageBytes());

            assertThat(Messages.ring(client.pairDescriptor())).isEqualTo(1);
            assertThat(Messages.receive(server.pairDescriptor(), new ReceivedMessage(8, 1))).isEqualTo(1);
        }
    }

    @Test
    void eachLearnsWhoTheOtherIs() throws Exception {
        try (Publisher publisher = ports.publish("name");
                Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT);
                Endpoint server = ports.awaitAccepted()) {
            for (Endpoint side : List.of(client, server)) {
                assertThat(side.identity().uid()).isEqualTo(Ports.OWN_UID);
                assertThat(side.identity().pid()).isEqualTo(Ports.OWN_PID);
                if (side.identity().pidfdVerified()) {
                    assertThat(Pidfd.isAlive(side.pidfd())).isTrue();
                }
            }
            assertThat(client.identity().name()).isEqualTo("server");
            assertThat(client.peerSetup().maxMetadataBytes()).isEqualTo(8192);
            assertThat(client.peerSetup().windowBytes()).isEqualTo(65536);
            assertThat(server.peerSetup()).isEqualTo(Ports.CLIENT);
        }
    }

    @Test
    void closingOneSideIsTheEndForTheOther() throws Exception {
        try (Publisher publisher = ports.publish("name");
                Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT)) {
            Endpoint server = ports.awaitAccepted();
            server.close();
            server.close();
            assertThat(Messages.receive(client.pairDescriptor(), new ReceivedMessage(8, 1))).isZero();
            assertThat(Messages.ring(client.pairDescriptor())).isEqualTo(-Errno.EPIPE);
        }
    }

    @Test
    void shutDownEndsBothSidesAndKeepsTheMemory() throws Exception {
        try (Publisher publisher = ports.publish("name");
                Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT);
                Endpoint server = ports.awaitAccepted()) {
            server.shutDown();
            assertThat(Messages.receive(client.pairDescriptor(), new ReceivedMessage(8, 1))).isZero();
            assertThat(Messages.receive(server.pairDescriptor(), new ReceivedMessage(8, 1))).isZero();
            assertThat(server.peer().buffer().getLong(OutboxLayout.MAGIC)).isEqualTo(OutboxLayout.MAGIC_VALUE);
        }
    }

    @Test
    void anotherServerThanTheExpectedOneIsRefused() throws Exception {
        try (Publisher publisher = ports.publish("name")) {
            ConnectionPort port = ports.port(publisher);
            assertThatThrownBy(() -> SetupClient.open(
                            new ConnectionPort(port.name(), port.path(), Ports.OWN_UID, 1), Ports.CLIENT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("expectedPid=1");
        }
    }

    @Test
    void goneServerIsToldAsSuch() throws Exception {
        Publisher publisher = ports.publish("name");
        ConnectionPort port = ports.port(publisher);
        publisher.close();
        publisher.close();
        assertThatThrownBy(() -> SetupClient.open(port, Ports.CLIENT)).hasMessageContaining("ENOENT");
    }

    @Test
    void acceptorThatThrowsEndsTheConnection() throws Exception {
        PublishRequest request = new PublishRequest("name", List.of(), Ports.SERVER, List.of());
        EndpointAcceptor throwing = endpoint -> {
            throw new IllegalStateException("expected by the test");
        };
        try (Publisher publisher = Publisher.publish(request, throwing, ports.runtime);
                Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT)) {
            ReceivedMessage message = new ReceivedMessage(8, 1);
            assertThat(Ports.eventually(() -> Messages.receive(client.pairDescriptor(), message) == 0)).isTrue();
        }
    }

    @Test
    void connectionsOfAUserAreBounded() throws Exception {
        List<Endpoint> open = new java.util.ArrayList<>();
        try (Publisher publisher = ports.publish("name")) {
            ConnectionPort port = ports.port(publisher);
            for (int i = 0; i < UidLimit.MAX_CONNECTIONS; i++) {
                open.add(SetupClient.open(port, Ports.CLIENT));
                open.add(ports.awaitAccepted());
            }
            assertThatThrownBy(() -> SetupClient.open(port, Ports.CLIENT)).hasMessageContaining("LIMIT");
            open.removeLast().close();
            open.add(SetupClient.open(port, Ports.CLIENT));
            open.add(ports.awaitAccepted());
        } finally {
            open.forEach(Endpoint::close);
        }
    }

    @Test
    void nameForLogsIsOneShortLine() throws Exception {
        Setup rude = new Setup("a\nb\u0007" + "x".repeat(1000), "", "", 1, 1, false, Ports.CLIENT.timeoutNanos());
        try (Publisher publisher = ports.publish("name");
                Endpoint client = SetupClient.open(ports.port(publisher), rude);
                Endpoint server = ports.awaitAccepted()) {
            assertThat(server.identity().name()).startsWith("a?b?x").hasSize(128);
            assertThat(client.identity().name()).isEqualTo("server");
        }
    }
}
