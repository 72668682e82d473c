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
