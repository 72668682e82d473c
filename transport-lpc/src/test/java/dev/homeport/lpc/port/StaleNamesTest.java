package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What dead servers left goes; nothing else does. */
@Timeout(60)
class StaleNamesTest {
    private static final int ROUNDS = 300;
    /** More than any kernel gives. */
    private static final String DEAD_PID = "99999999";

    @TempDir
    Path directory = Path.of("");

    /** A server died: its socket and its lock are there, and nobody has them. */
    private void die(String text) throws IOException {
        PortName name = new PortName(text);
        Descriptors.close(UnixSocket.listen(name.socketIn(directory).toString(), 1));
        Files.writeString(name.lockIn(directory), DEAD_PID);
    }

    private int sweep() {
        return StaleNames.sweep(directory, Ports.OWN_UID);
    }

    private List<String> files() throws IOException {
        try (var all = Files.list(directory)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void filesOfADeadServerGo() throws Exception {
        die("dead");
        Descriptors.close(UnixSocket.listen(new PortName("half").newSocketIn(directory).toString(), 1));
        Files.createFile(new PortName("lock").lockIn(directory));

        assertThat(sweep()).isEqualTo(3);

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void serverThatStartsSweeps() throws Exception {
        die("dead");
        Ports ports = new Ports(directory);

        try (Publisher _ = ports.publish("alive")) {
            assertThat(files()).hasSize(2).allMatch(file -> file.startsWith("alive@"));
        }
    }

    @Test
    void liveServerStays() throws Exception {
        Ports ports = new Ports(directory);
        try (Publisher publisher = ports.publish("alive")) {
            List<String> before = files();

            assertThat(sweep()).isZero();

            assertThat(files()).isEqualTo(before);
            try (Endpoint client = SetupClient.open(ports.port(publisher), Ports.CLIENT);
                    Endpoint _ = ports.awaitAccepted()) {
                assertThat(client.identity().pid()).isEqualTo(Ports.OWN_PID);
            }
        }
    }

    @Test
    void whoListensWithoutALockStays() throws Exception {
        Path socket = new PortName("odd").socketIn(directory);
        int listener = UnixSocket.listen(socket.toString(), 1);

        assertThat(sweep()).isZero();

        assertThat(socket).exists();
        Descriptors.close(listener);
    }

    @Test
    void filesOfAnotherUserStay() throws Exception {
        die("dead");

        assertThat(StaleNames.sweep(directory, Ports.OWN_UID + 1)).isZero();

        assertThat(files()).hasSize(2);
    }

    @Test
    void linksAreNeitherFollowedNorRemoved(@TempDir Path elsewhere) throws Exception {
        Path target = Files.writeString(elsewhere.resolve("precious"), "kept");
        Path socket = elsewhere.resolve("dead.sock");
        Descriptors.close(UnixSocket.listen(socket.toString(), 1));
        Files.createSymbolicLink(new PortName("one").lockIn(directory), target);
        Files.createSymbolicLink(new PortName("two").socketIn(directory), socket);

        assertThat(sweep()).isZero();

        assertThat(target).hasContent("kept");
        assertThat(Files.isSymbolicLink(new PortName("one").lockIn(directory))).isTrue();
        assertThat(Files.isSymbolicLink(new PortName("two").socketIn(directory))).isTrue();
        assertThat(Files.exists(socket)).isTrue();
    }

    @Test
    void whatAServerDoesNotMakeStays() throws Exception {
        Files.createDirectory(new PortName("directory").lockIn(directory));
        Files.createFile(new PortName("file").socketIn(directory));
        Files.createFile(directory.resolve("notes.txt"));

        assertThat(sweep()).isZero();

        assertThat(files()).hasSize(3);
    }

    @Test
    void oneSweepDoesNotDoAll() throws Exception {
        int names = StaleNames.MAX_REMOVED + 10;
        for (int i = 0; i < names; i++) {
            die("dead-" + i);
        }

        assertThat(sweep()).isEqualTo(StaleNames.MAX_REMOVED);
        assertThat(sweep()).isEqualTo(10);
        assertThat(directory).isEmptyDirectory();
    }

    /** Locks are of open files, so that threads get in each other's way as processes do. */
    @Test
    void sweepersAtOnceLeaveNothing() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            for (int round = 0; round < 20; round++) {
                for (int i = 0; i < 20; i++) {
                    die("dead-" + i);
                }
                List<Future<Integer>> removed =
                        threads.invokeAll(List.<Callable<Integer>>of(this::sweep, this::sweep, this::sweep));
                for (Future<Integer> one : removed) {
                    one.get(10, TimeUnit.SECONDS);
                }
                // A sweeper that came late may have let a name be that another one was at.
                sweep();
                assertThat(directory).isEmptyDirectory();
            }
        }
    }

    @Test
    void serverThatIsJustStartingIsNotDisturbed() throws Exception {
        Ports ports = new Ports(directory);
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> sweepers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            sweepers.add(Thread.ofPlatform().start(() -> {
                while (!over.get()) {
                    sweep();
                }
            }));
        }
        try {
            for (int round = 0; round < ROUNDS; round++) {
                die("name");
                try (Publisher publisher = ports.publish("name");
                        Endpoint _ = SetupClient.open(ports.port(publisher), Ports.CLIENT);
                        Endpoint _ = ports.awaitAccepted()) {
                    assertThat(NameLock.ownerOf(new PortName("name").lockIn(directory))).isEqualTo(Ports.OWN_PID);
                }
            }
        } finally {
            over.set(true);
            for (Thread sweeper : sweepers) {
                sweeper.join(10_000);
            }
        }
    }
}
