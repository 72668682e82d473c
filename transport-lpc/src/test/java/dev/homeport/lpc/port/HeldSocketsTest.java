package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldSocketsTest {
    private static final int PID = 7;

    @TempDir
    Path proc = Path.of("");

    private Path table = Path.of("");
    private HeldSockets sockets = new HeldSockets(proc);

    @BeforeEach
    void make() throws IOException {
        table = Files.createDirectories(proc.resolve(Integer.toString(PID)).resolve("fd"));
        sockets = new HeldSockets(proc);
    }

    private void open(int descriptor, String target) throws IOException {
        Path link = table.resolve(Integer.toString(descriptor));
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, Path.of(target));
    }

    @Test
    void allOfThemMustBeInTheTable() throws Exception {
        open(3, "socket:[11]");
        open(4, "pipe:[12]");
        open(5, "socket:[13]");

        assertThat(sockets.holdsAll(PID, List.of(11L, 13L))).isTrue();
        assertThat(sockets.holdsAll(PID, List.of(11L, 12L))).isFalse();
        assertThat(sockets.holdsAll(PID + 1, List.of(11L))).isFalse();
    }

    /** What is remembered is where to look, not what was seen. */
    @Test
    void socketThatIsNoLongerWhereItWasIsNotBelieved() throws Exception {
        open(3, "socket:[11]");
        assertThat(sockets.holdsAll(PID, List.of(11L))).isTrue();

        open(3, "socket:[12]");
        assertThat(sockets.holdsAll(PID, List.of(11L))).isFalse();

        open(9, "socket:[11]");
        assertThat(sockets.holdsAll(PID, List.of(11L))).isTrue();
        Files.delete(table.resolve("9"));
        assertThat(sockets.holdsAll(PID, List.of(11L))).isFalse();
    }
}
