package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.UnixSocket;
import dev.homeport.spi.LocalTransport.PublishRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublisherTest {
    @TempDir
    Path directory = Path.of("");

    private Ports ports = new Ports(directory);

    @BeforeEach
    void make() {
        ports = new Ports(directory);
    }

    @AfterEach
    void noFileStays() {
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void takenNameIsAClearErrorAndTheFirstIsUndisturbed() throws Exception {
        try (Publisher first = ports.publish("name")) {
            assertThatThrownBy(() -> ports.publish("name"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot publish name")
                    .hasMessageContaining("pid=" + Ports.OWN_PID);
            assertServed(first);
        }
    }

    @Test
    void secondOfTwoNamesTakenPublishesNeither() throws Exception {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", 4711);
        try (Publisher first = ports.publish(null, address)) {
            assertThatThrownBy(() -> ports.publish("other", address)).isInstanceOf(IOException.class);
            assertThat(Files.list(directory).filter(file -> file.toString().endsWith(".sock"))).hasSize(1);
            assertServed(first);
        }
    }

    @Test
    void nameIsFreeAgainAfterClose() throws Exception {
        for (int i = 0; i < 3; i++) {
            try (Publisher publisher = ports.publish("name")) {
                assertServed(publisher);
            }
        }
    }

    @Test
    void closeWaitsForAConnectionThatTheClientHasAlready() throws Exception {
        CountDownLatch accepting = new CountDownLatch(1);
        CountDownLatch mayAccept = new CountDownLatch(1);
        List<String> order = new CopyOnWriteArrayList<>();
        PublishRequest request = new PublishRequest("name", List.of(), Ports.SERVER, List.of());
        Publisher publisher = Publisher.publish(
                request,
                endpoint -> {
                    accepting.countDown();
                    Ports.eventually(() -> mayAccept.getCount() == 0);
                    order.add("accepted");
                    ports.accepted.add(endpoint);
                },
                ports.runtime);
        try (Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT)) {
            assertThat(accepting.await(20, TimeUnit.SECONDS)).isTrue();
            Thread closer = Thread.ofPlatform().start(() -> {
                publisher.close();
                order.add("closed");
            });
            assertThat(Ports.eventually(() -> waitsForSetup(closer) || !closer.isAlive())).isTrue();
            mayAccept.countDown();
            closer.join(20_000);
            try (Endpoint server = ports.awaitAccepted()) {
                assertThat(server.identity().pid()).isEqualTo(client.identity().pid());
            }
        }
        assertThat(order).containsExactly("accepted", "closed");
    }

    @Test
    void socketOfADeadServerIsReplaced() throws Exception {
        Path path = new PortName("name").socketIn(directory);
        int dead = UnixSocket.listen(path.toString(), 1);
        Descriptors.close(dead);
        Files.createFile(new PortName("name").lockIn(directory));
        Files.createFile(new PortName("name").newSocketIn(directory));
        try (Publisher publisher = ports.publish("name")) {
            assertServed(publisher);
        }
    }

    @Test
    void closeLeavesASocketThatIsNotOurs() throws Exception {
        Publisher publisher = ports.publish("name");
        Path path = publisher.paths().getFirst();
        Files.delete(path);
        Files.createFile(path);
        publisher.close();
        assertThat(path).exists();
        Files.delete(path);
    }

    @Test
    void onlyWeMayConnectUnlessOthersAreListed() throws Exception {
        try (Publisher publisher = ports.publish("name")) {
            assertThat(permissions(publisher.paths().getFirst())).isEqualTo("rw-------");
        }
        PublishRequest request = new PublishRequest("name", List.of(), Ports.SERVER, List.of(12_345));
        try (Publisher publisher = Publisher.publish(request, ports.accepted::add, ports.runtime)) {
            assertThat(permissions(publisher.paths().getFirst())).isEqualTo("rw-rw-rw-");
        }
    }

    @Test
    void pathTooLongIsAClearError() throws Exception {
        Path deep = Files.createDirectories(directory.resolve("d".repeat(60)));
        Ports far = new Ports(deep);
        assertThatThrownBy(() -> far.publish("n".repeat(PortName.MAX_CHARS)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("too long")
                .hasMessageContaining("maxBytes=107");
        assertThat(deep).isEmptyDirectory();
        Files.delete(deep);
    }

    @Test
    void namesAreChecked() {
        for (String bad : List.of("", "a/b", "..\0", "a b", "ä", "x".repeat(65), "a@b")) {
            assertThatThrownBy(() -> ports.publish(bad)).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> ports.publish(null)).hasMessageContaining("nothing to publish");
    }

    @Test
    void tcpAddressesHaveTheirNames() throws Exception {
        try (Publisher publisher = ports.publish(
                "name",
                new InetSocketAddress("127.0.0.1", 80),
                new InetSocketAddress("0.0.0.0", 81),
                new InetSocketAddress("::", 81),
                new InetSocketAddress("::1", 82))) {
            assertThat(publisher.names())
                    .containsExactly("name", "tcp-80-127.0.0.1", "tcp-81-any", "tcp-82-0-0-0-0-0-0-0-1");
        }
    }

    private static boolean waitsForSetup(Thread thread) {
        return thread.getState() == Thread.State.TIMED_WAITING
                && Arrays.stream(thread.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(PortRules.class.getName()));
    }

    private void assertServed(Publisher publisher) throws Exception {
        try (Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT);
                Endpoint server = ports.awaitAccepted()) {
            assertThat(client.identity().pid()).isEqualTo(server.identity().pid());
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
