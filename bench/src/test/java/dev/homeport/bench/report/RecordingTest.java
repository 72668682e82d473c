package dev.homeport.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.homeport.bench.Result;
import dev.homeport.bench.load.Figures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run measured comes back from its file as it was. */
class RecordingTest {
    @TempDir
    private Path directory;

    private Recording writtenAndRead(Recording recording) throws IOException {
        Path file = directory.resolve("bench.json");
        Json.write(file, recording);
        return Json.read(file);
    }

    @Test
    void recordingComesBackFromItsFile() throws IOException {
        Recording recording = Recordings.of(Recordings.BY_SIZE);

        assertThat(writtenAndRead(recording)).isEqualTo(recording);
    }

    @Test
    void resultsComeBackWithTheirCellsAndRounds() throws IOException {
        Result result = writtenAndRead(Recordings.of(Recordings.BY_SIZE)).toResults().getFirst();

        assertThat(result.cell()).isEqualTo(Recordings.BY_SIZE.getFirst().cell());
        assertThat(result.rival()).isEqualTo(Recordings.BY_SIZE.getFirst().rival());
        assertThat(result.rounds()).hasSize(3);
        assertThat(result.median().get(Figures.P50)).isEqualTo(Recordings.BY_SIZE.getFirst().median().get(Figures.P50));
    }

    @Test
    void whatIsNoNumberIsLeftOut() throws IOException {
        Result strange = Recordings.withFigure(Figures.P99, Double.NaN);

        Result back = writtenAndRead(Recordings.of(List.of(strange))).toResults().getFirst();

        assertThat(back.median().get(Figures.P99)).isNaN();
        assertThat(back.median().has(Figures.P99)).isFalse();
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        for (String text : List.of("", "{}", "[1]", "{\"results\": 1}", "no JSON")) {
            Path file = Files.writeString(directory.resolve("other.json"), text);

            assertThatIOException().isThrownBy(() -> Json.read(file)).withMessageContaining("other.json");
        }
    }
}
