package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.spi.LocalTransport.PublishRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A live server's name goes to its successor, and the path leads to one of the two at any time. */
@Tag("lpc")
@Timeout(60)
class TakeOverTest {
    @TempDir
    private Path directory;

    private Ports ports;
    private final AtomicInteger superseded = new AtomicInteger();

    @BeforeEach
    void prepare() {
        ports = new Ports(directory);
    }

    private Publisher publish(boolean takesOver, InetSocketAddress... addresses) throws IOException {
        PublishRequest request = new PublishRequest(
                "name", List.of(addresses), Ports.SERVER, List.of(), List.of(), takesOver);
        return Publisher.publish(request, new EndpointAcceptor() {
            @Override
            public void accept(Endpoint endpoint) {
                ports.accepted.add(endpoint);
            }

            @Override
            public void superseded() {
                superseded.incrementAndGet();
            }
        }, ports.runtime);
    }

    private void assertServed(Publisher publisher) throws Exception {
        try (Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT);
                Endpoint server = ports.awaitAccepted()) {
            assertThat(server.pairDescriptor()).isNotEqualTo(client.pairDescriptor());
        }
    }

    @Test
    void successorIsReachedAtOnceAndThePredecessorIsToldOnce() throws Exception {
        Publisher first = publish(false);
        try (Publisher second = publish(true)) {
            assertServed(second);
            assertThat(Ports.eventually(() -> superseded.get() == 1)).isTrue();

            first.close();

            assertServed(second);
            assertThatThrownBy(() -> publish(false)).isInstanceOf(IOException.class).hasMessageContaining("live server");
        }
        assertThat(superseded).hasValue(1);
        publish(false).close();
    }

    /** The file is open once for all of them: each writes where the one before stopped, unless it is told not to. */
    @Test
    void lockFileNamesTheSuccessor() throws Exception {
        Path lock = new PortName("name").lockIn(directory);
        try (Publisher first = publish(false); Publisher second = publish(true); Publisher third = publish(true)) {
            assertServed(third);
            assertThat(NameLock.ownerOf(lock)).isEqualTo(Ports.OWN_PID);
            assertThat(first.names()).isEqualTo(second.names());
        }
    }

    @Test
    void allNamesAreTakenOver() throws Exception {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", 4711);
        try (Publisher first = publish(false, address); Publisher second = publish(true, address)) {
            assertThat(second.names()).hasSize(2).isEqualTo(first.names());
            assertThat(Ports.eventually(() -> superseded.get() == 2)).isTrue();
        }
    }

    @Test
    void namesThatNobodyHasAreTakenAsTheyAre() throws Exception {
        try (Publisher only = publish(true)) {
            assertServed(only);
        }
        assertThat(superseded).hasValue(0);
    }

    @Test
    void chainOfSuccessorsEndsWithTheLast() throws Exception {
        Publisher current = publish(false);
        for (int i = 1; i <= 20; i++) {
            Publisher next = publish(true);
            int told = i;
            assertThat(Ports.eventually(() -> superseded.get() == told)).isTrue();
            current.close();
            current = next;
            assertServed(current);
        }
        current.close();
        assertThat(directory).isDirectoryNotContaining(path -> path.toString().endsWith(".sock"));
    }

    @Test
    void successorThatDiesBeforeItPublishesChangesNothing() throws Exception {
        try (Publisher first = publish(false)) {
            PortName name = new PortName("name");
            Inheritance inheritance = Inheritance.of(name, name.socketIn(directory), name.lockIn(directory));
            // As the kernel does it to a process that dies: descriptors go, the lock's file stays.
            inheritance.close();

            assertServed(first);
            assertThat(Ports.eventually(() -> Ports.halfOpen() == 0)).isTrue();
            assertThat(superseded).hasValue(0);
            assertThatThrownBy(() -> publish(false)).isInstanceOf(IOException.class);
        }
    }
}
