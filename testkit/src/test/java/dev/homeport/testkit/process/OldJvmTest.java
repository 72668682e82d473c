package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A program on a JVM that is too old for us does not notice the jars that are on its class path. */
@Timeout(60)
class OldJvmTest {
    private static final int OLDEST_OF_GRPC = 8;
    private static final int OLDEST_OF_HOMEPORT = 25;
    private static final String NETTY = "builder: io.grpc.netty.NettyChannelBuilder";
    private static final Predicate<String> OURS = Pattern.compile(
                    "/(rpc-core|transport-lpc|transport-tcp|grpc-dropin|idl|testkit)(/target/|-[^/]*\\.jar$)")
            .asPredicate();

    @TempDir
    private Path classes;

    @BeforeEach
    void compile() throws IOException {
        Path source = classes.resolve("OldProgram.java");
        try (InputStream text = OldJvmTest.class.getResourceAsStream("/OldProgram.java")) {
            Files.copy(text, source);
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Assumptions.assumeTrue(compiler != null, "no compiler: this is not a JDK");
        int exit = compiler.run(
                null, null, null, "--release", "8", "-nowarn", "-Xlint:-options", "-proc:none",
                "-cp", String.join(":", Jvm.ownClassPath()), "-d", classes.toString(), source.toString());
        assertThat(exit).isZero();
    }

    private List<String> run(Path java, boolean jars) {
        List<String> classPath = new ArrayList<>(List.of(classes.toString()));
        classPath.addAll(Jvm.ownClassPath().stream().filter(jars ? entry -> true : OURS.negate()).toList());
        try (Jvm program = Jvm.Launch.of(java, "OldProgram").classPath(classPath).start()) {
            List<String> lines = program.awaitLinesToEnd();
            assertThat(program.awaitExit()).isZero();
            assertThat(program.errors()).doesNotContain("homeport").doesNotContain("UnsupportedClassVersion");
            return lines;
        }
    }

    @Test
    void oldProgramRunsOnAnOldJvmAsIfTheJarsWereNotThere() {
        Optional<Path> old = oldJava();
        Assumptions.assumeTrue(old.isPresent(), "no JVM from 8 to 24 found");

        assertThat(run(old.get(), true))
                .isEqualTo(run(old.get(), false))
                .containsExactly(NETTY, "heard hello", "again 0", "again 1", "again 2", "done");
    }

    /** That it tells the one from the other. */
    @Test
    void oldProgramOnANewJvmHasTheChannelsOfTheDropIn() {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> classPath = new ArrayList<>(List.of(classes.toString()));
        classPath.addAll(Jvm.ownClassPath());
        try (Jvm program =
                Jvm.Launch.of(java, "OldProgram").classPath(classPath).options(Jvm.OPTIONS).start()) {
            assertThat(program.awaitLinesToEnd()).contains("heard hello", "done").doesNotContain(NETTY);
        }
    }

    /** Where Linux keeps JVMs, and where the environment says that one is. */
    private static Optional<Path> oldJava() {
        List<Path> homes = new ArrayList<>();
        try (Stream<Path> installed = Files.list(Path.of("/usr/lib/jvm"))) {
            installed.forEach(homes::add);
        } catch (IOException e) {
            // None there.
        }
        System.getenv().forEach((name, value) -> {
            if (name.startsWith("JAVA_HOME")) {
                homes.add(Path.of(value));
            }
        });
        return homes.stream()
                .filter(home -> Files.isExecutable(home.resolve("bin/java")))
                .filter(home -> {
                    int version = featureVersion(home);
                    return version >= OLDEST_OF_GRPC && version < OLDEST_OF_HOMEPORT;
                })
                .map(home -> home.resolve("bin/java"))
                .findFirst();
    }

    /** As the file "release" of a JVM says; 0 if it does not. */
    private static int featureVersion(Path home) {
        Properties release = new Properties();
        try (InputStream file = Files.newInputStream(home.resolve("release"))) {
            release.load(file);
        } catch (IOException e) {
            return 0;
        }
        String version = release.getProperty("JAVA_VERSION", "0").replace("\"", "");
        String[] numbers = version.split("[._-]");
        return Integer.parseInt(numbers[0].equals("1") && numbers.length > 1 ? numbers[1] : numbers[0]);
    }
}
