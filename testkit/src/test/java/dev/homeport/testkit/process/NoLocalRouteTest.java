package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where there can be no local route a program does the same by TCP, and its log says so in one line. */
@Timeout(60)
class NoLocalRouteTest {
    /** What a client prints of the calls, and what each side logs of us. */
    private record Run(List<String> lines, String port, List<String> serverLog, List<String> clientLog) {}

    private static Run run(UnaryOperator<Jvm.Launch> change) {
        try (Jvm server = change.apply(Jvm.Launch.of(PlainServer.class)).start()) {
            String port = server.awaitLine(PlainServer.PORT);
            try (Jvm client = change.apply(Jvm.Launch.of(PlainClient.class)).start("localhost:" + port)) {
                List<String> lines = client.awaitLinesUntil(PlainClient.DONE);
                assertThat(TcpTable.established(Integer.parseInt(port))).as("calls go by TCP").isNotEmpty();
                return new Run(lines, port, ourLines(server), ourLines(client));
            }
        }
    }

    /** Each record of java.util.logging begins with a line that names the class. */
    private static List<String> ourLines(Jvm process) {
        return process.errors().lines().filter(line -> line.contains(" dev.homeport.")).toList();
    }

    private static List<String> expected() {
        return run(launch -> launch.environment("HOMEPORT_ROUTE", "remote")).lines();
    }

    @Test
    void deniedNativeAccessMeansTcpAndOneLine() {
        Run denied = run(launch -> launch.options(List.of("--illegal-native-access=deny")));

        assertThat(denied.lines()).isEqualTo(expected());
        assertThat(denied.serverLog()).hasSize(1);
        assertThat(denied.clientLog()).hasSize(1);
    }

    @Test
    void noRuntimeDirectoryMeansTcpAndOneLine(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("not-a-directory"));
        Run without = run(launch -> launch.environment("HOMEPORT_DIR", file.toString()));

        assertThat(without.lines()).isEqualTo(expected());
        assertThat(without.serverLog()).hasSize(1);
        assertThat(without.clientLog()).hasSize(1);
    }
}
