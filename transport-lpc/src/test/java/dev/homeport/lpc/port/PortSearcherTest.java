package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardSocketOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortSearcherTest {
    private static final Path PROC = Path.of("/proc");

    @TempDir
    Path directory = Path.of("");

    private Ports ports = new Ports(directory);

    @BeforeEach
    void make() {
        ports = new Ports(directory);
    }

    @Test
    void portIsFoundByNameAndNotAfterwards() throws Exception {
        PortQuery query = new PortQuery.ByName("name", -1);
        try (Publisher publisher = ports.publish("name")) {
            ConnectionPort port = found(query);
            assertThat(port.path()).isEqualTo(publisher.paths().getFirst().toString());
            assertThat(port.serverUid()).isEqualTo(Ports.OWN_UID);
            assertThat(port.serverPid()).isEqualTo(-1);
        }
        assertThat(reason(query)).contains("no connection port name", directory.toString());
        assertThat(reason(new PortQuery.ByName("a/b", -1))).contains("not a port name");
    }

    @Test
    void portOfTheListenerIsFoundAndConnectedTo() throws Exception {
        try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                Publisher publisher = ports.publish(null, address(tcp))) {
            ConnectionPort port = found(new PortQuery.ByAddress(address(tcp)));
            assertThat(port.serverPid()).isEqualTo(Ports.OWN_PID);
            assertThat(port.name()).isEqualTo(publisher.names().getFirst());
            SetupClient.open(port, Ports.CLIENT).close();
            ports.awaitAccepted().close();
        }
    }

    @Test
    void wildcardListenerIsFoundByAnyAddressOfThisHost() throws Exception {
        try (ServerSocket tcp = new ServerSocket(0);
                Publisher publisher = ports.publish(null, address(tcp))) {
            for (String host : List.of("127.0.0.1", "127.0.0.2", "0.0.0.0")) {
                InetSocketAddress address = new InetSocketAddress(host, tcp.getLocalPort());
                assertThat(found(new PortQuery.ByAddress(address)).name())
                        .isEqualTo(publisher.names().getFirst());
            }
            InetSocketAddress elsewhere = new InetSocketAddress("192.0.2.1", tcp.getLocalPort());
            assertThat(reason(new PortQuery.ByAddress(elsewhere))).contains("not an address of this host");
        }
    }

    @Test
    void moreSpecificListenerHidesTheWildcard() throws Exception {
        try (ServerSocket any = shared("0.0.0.0", 0);
                ServerSocket specific = shared("127.0.0.3", any.getLocalPort());
                Publisher publisher = ports.publish(null, address(any))) {
            assertThat(reason(new PortQuery.ByAddress(address(specific)))).contains("no connection port tcp-");
            InetSocketAddress other = new InetSocketAddress("127.0.0.4", any.getLocalPort());
            assertThat(found(new PortQuery.ByAddress(other)).name()).isEqualTo(publisher.names().getFirst());
        }
    }

    @Test
    void allListenersThatShareAnAddressMustBeThePublishers() throws Exception {
        try (ServerSocket first = shared("127.0.0.1", 0);
                ServerSocket second = shared("127.0.0.1", first.getLocalPort());
                Publisher publisher = ports.publish(null, address(second))) {
            assertThat(new TcpListeners(PROC).reachedBy(address(first))).hasSize(2);
            assertThat(found(new PortQuery.ByAddress(address(first))).name())
                    .isEqualTo(publisher.names().getFirst());
        }
    }

    private static ServerSocket shared(String host, int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        socket.bind(new InetSocketAddress(host, port));
        return socket;
    }

    @Test
    void publisherThatDoesNotHoldTheListenerIsNotBelieved() throws Exception {
        try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                Publisher publisher = ports.publish(null, address(tcp))) {
            Files.writeString(new PortName(publisher.names().getFirst()).lockIn(directory), "1");
            assertThat(reason(new PortQuery.ByAddress(address(tcp)))).contains("cannot be proved", "pid=1");
        }
    }

    @Test
    void nobodyListeningIsSaid() throws Exception {
        InetSocketAddress free;
        try (ServerSocket tcp = new ServerSocket(0)) {
            free = new InetSocketAddress("127.0.0.1", tcp.getLocalPort());
        }
        assertThat(reason(new PortQuery.ByAddress(free))).contains("nobody listens");
        assertThat(reason(new PortQuery.ByAddress(InetSocketAddress.createUnresolved("nowhere", 1))))
                .contains("not resolved");
    }

    @Test
    void netlinkAndTheTablesTellTheSame() throws Exception {
        try (ServerSocket any = new ServerSocket(0);
                ServerSocket specific = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.9"))) {
            for (ServerSocket socket : List.of(any, specific)) {
                InetSocketAddress destination = new InetSocketAddress("127.0.0.9", socket.getLocalPort());
                List<TcpListeners.Listener> reached = new TcpListeners(PROC).reachedBy(destination);
                assertThat(reached).hasSize(1);
                assertThat(reached).isEqualTo(TcpListeners.best(
                        new TcpTables(PROC.resolve("net")).onPort(socket.getLocalPort()), destination.getAddress()));
            }
        }
    }

    @Test
    void listenersAreRankedAsTheKernelDoes() throws Exception {
        Files.writeString(directory.resolve("tcp"), table(
                "00000000:0050 00000000:0000 0A 0:0 00:0 0 7 0 100 1",
                "0100007F:0050 00000000:0000 0A 0:0 00:0 0 7 0 101 1",
                "0100007F:0051 00000000:0000 0A 0:0 00:0 0 7 0 102 1",
                "0100007F:0052 0100007F:0050 01 0:0 00:0 0 7 0 103 1",
                "0100007F:0053 00000000:0000 0A 0:0 00:0 0 7 0 104 1"));
        Files.writeString(directory.resolve("tcp6"), table(
                "00000000000000000000000000000000:0050 0:0 0A 0:0 00:0 0 8 0 200 1",
                "0000000000000000FFFF00000100007F:0050 0:0 0A 0:0 00:0 0 8 0 201 1",
                "00000000000000000000000001000000:0050 0:0 0A 0:0 00:0 0 8 0 202 1",
                "00000000000000000000000000000000:0051 0:0 0A 0:0 00:0 0 8 0 203 1"));
        assertReached("127.0.0.1", 80, 101);
        assertReached("127.0.0.2", 80, 100);
        assertReached("::1", 80, 202);
        assertReached("::2", 80, 200);
        assertReached("127.0.0.1", 81, 102);
        assertReached("127.0.0.2", 81, 203);
        assertReached("127.0.0.1", 82);
        assertReached("127.0.0.1", 83);
        assertReached("127.0.0.1", 84);
    }

    private void assertReached(String host, int port, Long... inodes) throws Exception {
        assertThat(TcpListeners.best(new TcpTables(directory).onPort(port), InetAddress.getByName(host)))
                .extracting(TcpListeners.Listener::inode)
                .containsExactly(inodes);
    }

    private void assertReached(String host, int port, int inode) throws Exception {
        assertReached(host, port, Long.valueOf(inode));
    }

    private static String table(String... rows) {
        StringBuilder table = new StringBuilder("  sl  local_address rem_address   st\n");
        for (int i = 0; i < rows.length; i++) {
            table.append("   ").append(i).append(": ").append(rows[i]).append('\n');
        }
        return table.toString();
    }

    private static InetSocketAddress address(ServerSocket socket) {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    private ConnectionPort found(PortQuery query) {
        PortSearch result = search(query);
        assertThat(result).isInstanceOf(PortSearch.Found.class);
        return ((PortSearch.Found) result).port();
    }

    private String reason(PortQuery query) {
        PortSearch result = search(query);
        assertThat(result).isInstanceOf(PortSearch.NotFound.class);
        return ((PortSearch.NotFound) result).reason();
    }

    private PortSearch search(PortQuery query) {
        return new PortSearcher(ports.runtime, PROC).search(query);
    }
}
