package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The harness itself: lines, signals, and what a snapshot sees. */
@Timeout(60)
class JvmTest {
    /** Echoes each line behind "echo ", and ends with 7 at "exit". */
    static final class Parrot {
        private Parrot() {}

        public static void main(String[] arguments) throws IOException {
            System.err.println("to standard error");
            System.out.println("ready " + String.join(",", arguments));
            var lines = new BufferedReader(new InputStreamReader(System.in));
            for (String line = lines.readLine(); !"exit".equals(line); line = lines.readLine()) {
                System.out.println("echo " + line);
            }
            System.exit(7);
        }
    }

    @Test
    void childAnswersLineByLineAndTellsItsExitCode() {
        try (Jvm child = Jvm.start(Parrot.class, "a", "b")) {
            assertThat(child.awaitLine("ready ")).isEqualTo("a,b");
            child.send("hello");
            assertThat(child.awaitLine("echo ")).isEqualTo("hello");
            child.send("exit");
            assertThat(child.awaitExit()).isEqualTo(7);
            assertThat(child.errors()).contains("to standard error");
        }
    }

    @Test
    void frozenChildAnswersOnlyWhenItRunsAgain() {
        try (Jvm child = Jvm.start(Parrot.class)) {
            child.awaitLine("ready ");
            child.freeze();
            child.send("while frozen");
            assertThatThrownBy(() -> child.awaitLine("echo ", Duration.ofMillis(100)))
                    .isInstanceOf(AssertionError.class);

            child.resume();

            assertThat(child.awaitLine("echo ")).isEqualTo("while frozen");
        }
    }

    @Test
    void killedChildIsGoneAndReaped() {
        Jvm child = Jvm.start(Parrot.class);
        child.awaitLine("ready ");

        child.kill();

        assertThat(child.isAlive()).isFalse();
        assertThat(child.awaitExit()).isEqualTo(128 + 9);
        assertThat(Files.exists(Path.of("/proc", Long.toString(child.pid())))).isFalse();
        child.close();
    }

    @Test
    void frozenChildCanBeKilled() {
        try (Jvm child = Jvm.start(Parrot.class)) {
            child.awaitLine("ready ");
            child.freeze();

            child.kill();

            assertThat(child.isAlive()).isFalse();
        }
    }

    @Test
    void waitForALineThatNeverComesTellsWhatCameInstead() {
        try (Jvm child = Jvm.start(Parrot.class)) {
            assertThatThrownBy(() -> child.awaitLine("nothing like it", Duration.ofSeconds(2)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("ready");
        }
    }

    @Test
    void snapshotSeesAnOpenSocketAndItsClose() throws IOException {
        long pid = ProcessHandle.current().pid();
        try (ServerSocket warmUp = new ServerSocket(0)) {
            assertThat(warmUp.isBound()).isTrue();
        }
        ProcSnapshot before = ProcSnapshot.ofThisProcess();
        try (ServerSocket socket = new ServerSocket(0);
                Socket connected = new Socket("localhost", socket.getLocalPort())) {
            assertThat(connected.isConnected()).isTrue();
            assertThat(ProcSnapshot.of(pid).growthSince(before)).contains("descriptors socket");
            assertThat(TcpTable.established(socket.getLocalPort())).isNotEmpty();
        }
        ProcSnapshot.awaitNoGrowth(pid, before);
    }
}
