package dev.homeport.testkit.frames;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.fuzz.EngineTarget;
import dev.homeport.testkit.fuzz.FrameCodecTarget;
import dev.homeport.testkit.fuzz.MetadataTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the fuzzer found worth keeping, each time. See CONTRIBUTING.md for the fuzzer itself. */
@Timeout(60)
class FuzzCorpusTest {
    private static final Path CORPUS = Path.of("src/test/resources/fuzz");

    private enum Target {
        FRAME(FrameCodecTarget::fuzzerTestOneInput),
        METADATA(MetadataTarget::fuzzerTestOneInput),
        ENGINE(EngineTarget::fuzzerTestOneInput);

        private final Consumer<byte[]> run;

        Target(Consumer<byte[]> run) {
            this.run = run;
        }
    }

    private static List<Path> corpusOf(Target target) throws IOException {
        try (var files = Files.list(CORPUS.resolve(target.name().toLowerCase(java.util.Locale.ROOT)))) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void noInputOfTheCorpusDoesHarm(Target target) throws Exception {
        List<Path> corpus = corpusOf(target);
        assertThat(corpus).isNotEmpty();
        for (Path file : corpus) {
            try {
                target.run.accept(Files.readAllBytes(file));
            } catch (RuntimeException | Error e) {
                throw new AssertionError("fault at " + file, e);
            }
        }
    }
}
