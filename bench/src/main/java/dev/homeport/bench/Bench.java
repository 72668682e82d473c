package dev.homeport.bench;

import dev.homeport.bench.report.Json;
import dev.homeport.bench.report.Plots;
import dev.homeport.bench.report.Recording;
import dev.homeport.bench.report.Table;
import dev.homeport.bench.rival.Rival;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The program: measures Homeport beside its rivals and reports. It carries no call itself; each rival has processes of
 * its own, see {@link dev.homeport.bench.agent.Agent}.
 */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures Homeport beside its rivals, interleaved, in processes of their own.")
public final class Bench implements Callable<Integer> {
    private static final String ALL = "all";
    private static final String FILE = "bench.json";
    private static final double NANOS_PER_SECOND = 1e9;

    @Parameters(arity = "0..1", defaultValue = ALL, split = ",",
            description = "Topics such as L,T or all: L, L1 (one core), T, S, P, N, K, C, B, R.")
    private List<String> topics = List.of();

    @Option(names = "--cells", split = ",",
            description = "Only cells whose label contains one of these, such as \"32 B\".")
    private List<String> cells = List.of();

    @Option(names = "--rivals", split = ",",
            description = "Only these, such as homeport,netty-unix; the topic says which there are.")
    private List<String> rivals = List.of();

    @Option(names = "--rounds", defaultValue = "3", description = "Rounds; figures are medians of them.")
    private int rounds;

    @Option(names = "--seconds", defaultValue = "3", description = "Time of a cell in a round.")
    private double seconds;

    @Option(names = "--warmup", defaultValue = "10",
            description = "Seconds of warm-up of a process; a fifth of it before each further cell.")
    private double warmup;

    @Option(names = "--quick", description = "Smoke test: one round, one second a cell, no figures to rely on.")
    private boolean quick;

    @Option(names = "--out", defaultValue = "target/bench", description = "Directory of bench.json and the plots.")
    private Path directory = Path.of("");

    @Option(names = "--plot", paramLabel = "FILE",
            description = "Measures nothing; draws the plots of a JSON file that an earlier run wrote.")
    private @Nullable Path earlier;

    private Bench() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Files.createDirectories(directory);
        return earlier == null ? measure(settings()) : draw(earlier);
    }

    private int draw(Path recording) throws IOException {
        Plots.write(directory, Json.read(recording));
        System.out.println("Plots: " + directory.toAbsolutePath().normalize());
        return 0;
    }

    private int measure(Settings settings) throws IOException {
        Outcome outcome = new Outcome();
        for (Topic topic : settings.topics()) {
            try (TopicRun run = new TopicRun(topic, settings, outcome)) {
                run.run();
            }
            Table.print(topic, outcome);
        }
        Table.printEnd(outcome);
        Recording recording = Recording.of(settings, outcome);
        Json.write(directory.resolve(FILE), recording);
        Plots.write(directory, recording);
        System.out.println("JSON and plots: " + directory.toAbsolutePath().normalize());
        boolean failed = outcome.results().stream().anyMatch(result -> !result.failures().isEmpty());
        return failed ? 1 : 0;
    }

    private Settings settings() {
        List<Cell> chosen = new ArrayList<>();
        for (Topic topic : chosenTopics()) {
            Cells.of(topic).stream().filter(this::isChosen).forEach(chosen::add);
        }
        List<Rival> beside =
                rivals.isEmpty() ? List.of(Rival.values()) : rivals.stream().map(Rival::of).toList();
        return new Settings(
                chosen, beside, quick ? 1 : rounds, nanos(quick ? 1 : seconds), nanos(quick ? 1 : warmup));
    }

    private List<Topic> chosenTopics() {
        return topics.contains(ALL)
                ? List.of(Topic.values())
                : topics.stream().map(name -> Topic.valueOf(name.toUpperCase(Locale.ROOT))).toList();
    }

    private boolean isChosen(Cell cell) {
        return cells.isEmpty() || cells.stream().anyMatch(cell.label()::contains);
    }

    private static long nanos(double seconds) {
        return (long) (seconds * NANOS_PER_SECOND);
    }
}
