package dev.homeport.lpc.port;

import dev.homeport.lpc.Eventually;
import dev.homeport.lpc.syscall.PeerCredentials;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What tests of this package have in common: a directory of their own, and what was accepted. */
final class Ports {
    static final Setup SERVER = new Setup("server", "", "", 8192, 65536, true, TimeUnit.SECONDS.toNanos(20));
    static final Setup CLIENT =
            new Setup("client", "agent/1", "here", 4096, 32768, true, TimeUnit.SECONDS.toNanos(20));
    static final int OWN_UID = PeerCredentials.ownUid();
    static final int OWN_PID = (int) ProcessHandle.current().pid();

    /** For what the peer does, which may be a process that starts. */
    private static final int PATIENCE_SECONDS = 20;

    final RuntimeDirectory runtime;
    final BlockingQueue<Endpoint> accepted = new LinkedBlockingQueue<>();

    Ports(Path directory) {
        runtime = new RuntimeDirectory(directory.toString(), null, directory, directory, OWN_UID);
    }

    Publisher publish(String name, InetSocketAddress... addresses) throws IOException {
        return Publisher.publish(
                new PublishRequest(name, List.of(addresses), SERVER, List.of()), accepted::add, runtime);
    }

    ConnectionPort port(Publisher publisher) {
        return new ConnectionPort(
                publisher.names().getFirst(), publisher.paths().getFirst().toString(), OWN_UID, OWN_PID);
    }

    Endpoint awaitAccepted() throws InterruptedException {
        Endpoint endpoint = accepted.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (endpoint == null) {
            throw new AssertionError("nobody was accepted");
        }
        return endpoint;
    }

    static int halfOpen() {
        return server().halfOpen(OWN_UID);
    }

    static int connections() {
        return server().connections(OWN_UID);
    }

    private static SetupServer server() {
        try {
            return SetupServer.shared();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static boolean eventually(BooleanSupplier condition) {
        return Eventually.within(PATIENCE_SECONDS, condition);
    }
}
