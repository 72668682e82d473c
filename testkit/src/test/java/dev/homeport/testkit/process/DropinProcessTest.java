package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A program that knows only {@code io.grpc} does the same with Homeport's jars, without them, and with one half. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DropinProcessTest {
    /** Jars, and directories of classes when the modules are built together. */
    private static final Predicate<String> OURS = Pattern.compile(
                    "/(rpc-core|transport-lpc|transport-tcp|grpc-dropin|idl)(/target/|-[^/]*\\.jar$)")
            .asPredicate();

    private List<String> expected;

    @BeforeAll
    void runWithoutTheJars() {
        expected = run(false, false);
    }

    /** What the client prints, with the jars on the sides that are named. */
    private static List<String> run(boolean jarsAtServer, boolean jarsAtClient) {
        try (Jvm server = launch(PlainServer.class, jarsAtServer).start();
                Jvm client = launch(PlainClient.class, jarsAtClient)
                        .start("localhost:" + server.awaitLine(PlainServer.PORT))) {
            List<String> lines = client.awaitLinesUntil(PlainClient.DONE);
            assertThat(server.isAlive()).isTrue();
            return lines;
        }
    }

    private static Jvm.Launch launch(Class<?> main, boolean jars) {
        Jvm.Launch launch = Jvm.Launch.of(main);
        return jars ? launch : launch.without(OURS);
    }

    @Test
    void classPathWithoutTheJarsHasNoneOfThem() {
        assertThat(launch(PlainServer.class, false).classPath()).noneMatch(OURS);
        assertThat(launch(PlainServer.class, true).classPath()).anyMatch(OURS);
    }

    @Test
    void eachKindOfCallPrintsItsLine() {
        assertThat(expected).hasSize(19).contains("blocking: 1/100/true", "cancel: CANCELLED enough", "state: READY");
    }

    @Test
    void outputIsTheSameWithTheJarsOnBothSides() {
        assertThat(run(true, true)).isEqualTo(expected);
    }

    @Test
    void outputIsTheSameWithTheJarsAtTheServerAlone() {
        assertThat(run(true, false)).isEqualTo(expected);
    }

    @Test
    void outputIsTheSameWithTheJarsAtTheClientAlone() {
        assertThat(run(false, true)).isEqualTo(expected);
    }

    /** The local route needs native calls; a JVM that denies them goes by TCP, on either side. */
    @ParameterizedTest
    @CsvSource({"true, false", "false, true", "true, true"})
    void outputIsTheSameWhereNativeAccessIsDenied(boolean atServer, boolean atClient) {
        try (Jvm server = (atServer ? denied(PlainServer.class) : launch(PlainServer.class, true)).start()) {
            String port = server.awaitLine(PlainServer.PORT);
            try (Jvm client = (atClient ? denied(PlainClient.class) : launch(PlainClient.class, true))
                    .start("localhost:" + port)) {
                assertThat(client.awaitLinesUntil(PlainClient.DONE)).isEqualTo(expected);
                assertThat(TcpTable.established(Integer.parseInt(port))).isNotEmpty();
            }
        }
    }

    private static Jvm.Launch denied(Class<?> main) {
        return launch(main, true).options(List.of("--illegal-native-access=deny"));
    }

    @Test
    void withoutTheJarsATcpConnectionCarriesTheCalls() {
        assertThat(connectionsAfterAllCalls(false)).isNotEmpty();
    }

    @Test
    @Tag("lpc")
    void withTheJarsOnBothSidesNoTcpConnectionCarriesTheCalls() {
        assertThat(connectionsAfterAllCalls(true)).isEmpty();
    }

    private static List<String> connectionsAfterAllCalls(boolean jars) {
        try (Jvm server = launch(PlainServer.class, jars).start()) {
            String port = server.awaitLine(PlainServer.PORT);
            try (Jvm client = launch(PlainClient.class, jars).start("localhost:" + port)) {
                client.awaitLinesUntil(PlainClient.DONE);
                return TcpTable.established(Integer.parseInt(port));
            }
        }
    }
}
