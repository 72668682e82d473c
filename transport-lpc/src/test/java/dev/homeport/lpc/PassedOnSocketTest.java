package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.SetupClient;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.UnixSocket;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.PeerIdentity;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that opens a connection and passes its end of the pair on to another: the server goes on seeing the one
 * that opened it, and the connection ends with that one although the pair is still held.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PassedOnSocketTest {
    private static final List<String> OPTIONS = List.of("--enable-native-access=ALL-UNNAMED");
    private static final Setup SETUP = new Setup("test", "", "here", 8192, 1 << 20, false, 20_000_000_000L);

    /** Opens a connection and passes its end on: {@code Opener <name> <path>}. */
    static final class Opener {
        private Opener() {}

        public static void main(String[] arguments) throws Exception {
            PortSearch found = new LpcTransport().find(new PortQuery.ByName(arguments[0], -1));
            Endpoint mine = SetupClient.open(((PortSearch.Found) found).port(), SETUP);
            int socket = UnixSocket.connect(arguments[1], SETUP.timeoutNanos());
            Messages.send(socket, new byte[1], 0, 1, mine.pairDescriptor());
            System.out.println("passed on");
            System.in.read();
        }
    }

    @Test
    void identityStaysThatOfWhoOpenedAndTheConnectionEndsWithIt(@TempDir Path directory) throws Exception {
        String name = "passed-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        CompletableFuture<FramePort> accepted = new CompletableFuture<>();
        Deaf receiver = new Deaf();
        String handOver = directory.resolve("hand-over").toString();
        int listener = UnixSocket.listen(handOver, 1);
        try (Publication publication = new LpcTransport().publish(
                        new PublishRequest(name, List.of(), SETUP, List.of()), (port, setup) -> {
                            accepted.complete(port);
                            return receiver;
                        });
                ChildJvm opener = ChildJvm.start(OPTIONS, Opener.class, name, handOver)) {
            assertThat(publication.names()).containsExactly(name);
            int socket = UnixSocket.awaitAccept(listener);
            assertThat(opener.line()).isEqualTo("passed on");
            ReceivedMessage message = new ReceivedMessage(8, 1);
            assertThat(Messages.receive(socket, message)).isEqualTo(1);
            int pair = message.takeDescriptors()[0];
            FramePort port = accepted.get(20, TimeUnit.SECONDS);

            // The holder rings: it is heard, and changes nothing.
            Messages.ring(pair);
            PeerIdentity identity = port.peer();
            assertThat(identity.pid()).isEqualTo(opener.pid());
            assertThat(port.isPeerProcessAlive()).isTrue();
            assertThat(receiver.end).isNotDone();

            assertThat(opener.kill()).isTrue();

            assumeTrue(identity.pidfdVerified(), "the kernel has no descriptors of peers' processes");
            assertThat(receiver.end.get(1, TimeUnit.SECONDS).kind()).isEqualTo(EndCause.Kind.PEER_DEATH);
            assertThat(port.peer().pid()).isEqualTo(opener.pid());
            Descriptors.close(pair);
            Descriptors.close(socket);
        } finally {
            Descriptors.close(listener);
        }
    }
}
