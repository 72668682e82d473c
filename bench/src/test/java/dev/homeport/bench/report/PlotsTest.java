package dev.homeport.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Color;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plots from a recording: of what it has, and small enough for the documentation. */
class PlotsTest {
    private static final long MAX_FILE_BYTES = 60 * 1024;
    /** Homeport's line. */
    private static final int BLUE = 0xff0b5fff;

    @TempDir
    private Path directory;

    @BeforeAll
    static void textCanBeDrawn() {
        System.setProperty("java.awt.headless", "true");
        assumeTrue(hasFonts(), "no fonts are installed, which charts need");
    }

    private static boolean hasFonts() {
        try {
            return new Font(Font.SANS_SERIF, Font.PLAIN, 12)
                    .getStringBounds("a", new FontRenderContext(null, true, true))
                    .getWidth() > 0;
        } catch (RuntimeException | LinkageError e) {
            return false;
        }
    }

    @Test
    void topicsWithoutResultsAreNotDrawn() throws IOException {
        Plots.write(directory, Recordings.of(Recordings.CALLERS));

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(directory.resolve("N.png"));
        }
    }

    @Test
    void plotIsLightSmallAndShowsHomeport() throws IOException {
        Plots.write(directory, Recordings.of(Recordings.BY_SIZE));

        Path file = directory.resolve("L.png");
        BufferedImage image = ImageIO.read(file.toFile());
        assertThat(Files.size(file)).isLessThan(MAX_FILE_BYTES);
        assertThat(image.getRGB(0, 0)).isEqualTo(Color.WHITE.getRGB());
        assertThat(pixels(image, BLUE)).isGreaterThan(100);
    }

    @Test
    void rivalWithoutAFigureIsLeftOut() throws IOException {
        Plots.write(directory, Recordings.of(Recordings.BY_SIZE.subList(2, 3)));

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void everyTopicThatIsDrawnHasOnePlot() {
        List<?> topics = Stream.of(Plot.values()).map(Plot::topic).toList();

        assertThat(topics).doesNotHaveDuplicates();
    }

    @Test
    void ticksAreShort() {
        assertThat(Stream.of(0.01, 0.1, 1.0, 99.999999, 1e3, 1e6).map(Tick::time))
                .containsExactly("10 ns", "100 ns", "1 us", "100 us", "1 ms", "1 s");
        assertThat(Stream.of(1.0, 100.0, 1e4, 1e6, 1e7).map(Tick::rate))
                .containsExactly("1", "100", "10 k", "1 M", "10 M");
    }

    private static long pixels(BufferedImage image, int colour) {
        return Stream.of(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .flatMapToInt(Arrays::stream)
                .filter(pixel -> pixel == colour)
                .count();
    }
}
