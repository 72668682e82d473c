package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.lpc.ChildJvm;
import dev.homeport.lpc.OpenThings;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.Pidfd;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only two processes can show: death by kill -9, and the name free again after it. */
class TwoProcessesTest {
    private static final List<String> OPTIONS = List.of("--enable-native-access=ALL-UNNAMED");

    @TempDir
    Path directory = Path.of("");

    @Test
    void killedServerIsSeenAndItsNameIsFreeAgain() throws Exception {
        Ports ports = new Ports(directory);
        try (ChildJvm child = ChildJvm.start(OPTIONS, Server.class, directory.toString())) {
            assertThat(child.line()).isEqualTo("published");
            ConnectionPort port = search(ports, "name");
            OpenThings before = OpenThings.now();
            try (Endpoint client = SetupClient.open(port, Ports.CLIENT)) {
                assertThat(child.line()).isEqualTo("accepted pid=" + Ports.OWN_PID);
                assertThat(client.identity().pid()).isEqualTo(child.pid());
                assertThat(client.peer().buffer().getLong(OutboxLayout.MAGIC)).isEqualTo(OutboxLayout.MAGIC_VALUE);
                assertThatThrownBy(() -> ports.publish("name")).hasMessageContaining("pid=" + child.pid());

                assertThat(child.kill()).isTrue();

                ReceivedMessage message = new ReceivedMessage(8, 1);
                assertThat(Ports.eventually(() -> Messages.receive(client.pairDescriptor(), message) == 0)).isTrue();
                assertThat(client.pidfd() == Endpoint.NO_PIDFD || !Pidfd.isAlive(client.pidfd())).isTrue();
                // What the dead one wrote stays readable until we unmap it.
                assertThat(client.peer().buffer().getLong(OutboxLayout.MAGIC)).isEqualTo(OutboxLayout.MAGIC_VALUE);
            }
            assertThat(OpenThings.now()).isEqualTo(before);
            assertThatThrownBy(() -> SetupClient.open(port, Ports.CLIENT)).hasMessageContaining("ECONNREFUSED");
        }
        try (Publisher successor = ports.publish("name");
                Endpoint client = SetupClient.open(search(ports, "name"), Ports.CLIENT);
                Endpoint server = ports.awaitAccepted()) {
            assertThat(successor.names()).containsExactly("name");
            assertThat(client.identity()).extracting("pid").isEqualTo(server.identity().pid());
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void serverThatEndsInGoodOrderLeavesNoFile() throws Exception {
        try (ChildJvm child = ChildJvm.start(OPTIONS, Server.class, directory.toString())) {
            assertThat(child.line()).isEqualTo("published");
            assertThat(child.end()).isTrue();
        }
        assertThat(directory).isEmptyDirectory();
    }

    /** The name of a socket can be moved after a client has found whose it is. */
    @Test
    void serverThatIsSwappedInBeforeTheConnectIsRefused(@TempDir Path elsewhere) throws Exception {
        Ports ports = new Ports(directory);
        Ports others = new Ports(elsewhere);
        try (ChildJvm child = ChildJvm.start(OPTIONS, Server.class, elsewhere.toString());
                Publisher publisher = ports.publish("name")) {
            assertThat(child.line()).isEqualTo("published");
            ConnectionPort found = ports.port(publisher);
            Files.move(Path.of(search(others, "name").path()), Path.of(found.path()), StandardCopyOption.REPLACE_EXISTING);

            assertThatThrownBy(() -> SetupClient.open(found, Ports.CLIENT))
                    .hasMessageContaining("the server is another process: pid=" + child.pid());
            Files.delete(Path.of(found.path()));
        }
    }

    private static ConnectionPort search(Ports ports, String name) {
        PortSearch result = new PortSearcher(ports.runtime, Path.of("/proc")).search(new PortQuery.ByName(name, -1));
        assertThat(result).isInstanceOf(PortSearch.Found.class);
        return ((PortSearch.Found) result).port();
    }

    /** Publishes until its input ends; says who came. */
    static final class Server {
        private Server() {}

        public static void main(String[] arguments) throws Exception {
            Ports ports = new Ports(Path.of(arguments[0]));
            try (Publisher publisher = ports.publish("name")) {
                System.out.println("published");
                Thread.ofPlatform().daemon().start(() -> sayWhoComes(ports));
                while (System.in.read() >= 0) {
                    assertThat(publisher.names()).isNotEmpty();
                }
            }
        }

        private static void sayWhoComes(Ports ports) {
            try {
                while (true) {
                    System.out.println("accepted pid=" + ports.accepted.take().identity().pid());
                }
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
