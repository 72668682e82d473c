package dev.homeport.chaos;

import dev.homeport.chaos.topic.CancelFlood;
import dev.homeport.chaos.topic.Death;
import dev.homeport.chaos.topic.DescriptorFlood;
import dev.homeport.chaos.topic.EnvironmentMatrix;
import dev.homeport.chaos.topic.Flip;
import dev.homeport.chaos.topic.Hoard;
import dev.homeport.chaos.topic.Hog;
import dev.homeport.chaos.topic.Integrity;
import dev.homeport.chaos.topic.Kill;
import dev.homeport.chaos.topic.Pids;
import dev.homeport.chaos.topic.Restart;
import dev.homeport.chaos.topic.Roll;
import dev.homeport.chaos.topic.Soak;
import dev.homeport.chaos.topic.Stop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The program: runs campaigns and prints a line for each. Its exit code is 1 if anything was not as promised. */
@Command(name = "chaos", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Repeats one kind of misfortune and says what came of it.")
public final class Chaos implements Callable<Integer> {
    private static final String ALL = "all";
    private static final long DEFAULT_SEED = 1;
    /** A campaign that is broken off loses no more than one part. */
    private static final int PARTS = 10;

    private static final Map<String, Supplier<Topic>> TOPICS = topics();

    @Parameters(arity = "1", description = "kill, death, stop, restart, roll, integrity, soak, descriptors, cancel, flip, "
            + "pids, hog, hoard, environment, or all.")
    private String topic = ALL;

    @Option(names = {"-n", "--size"}, description = "Trials in all; without it the full size of the promise.")
    private @Nullable Long size;

    @Option(names = "--seed", description = "The same seed gives the same trials.")
    private long seed = DEFAULT_SEED;

    @Option(names = "--short", description = "The share that runs with the tests.")
    private boolean isShort;

    @Option(names = "--first", description = "Number of the first trial, to repeat some; not with --progress.")
    private long first;

    @Option(names = "--pace", description = "Calls that each caller of a soak makes a second; 0: as many as it can.")
    private int pace;

    @Option(names = "--callers", description = "Callers of a soak, each with a connection of its own.")
    private int callers = Load.DEFAULT.callers();

    @Option(names = "--progress", description = "File that remembers what was done, so that a campaign can go on.")
    private @Nullable Path progress;

    private Chaos() {}

    private static Map<String, Supplier<Topic>> topics() {
        Map<String, Supplier<Topic>> topics = new LinkedHashMap<>();
        topics.put("kill", Kill::new);
        topics.put("death", Death::new);
        topics.put("stop", Stop::new);
        topics.put("restart", Restart::new);
        topics.put("roll", Roll::new);
        topics.put("integrity", Integrity::new);
        topics.put("soak", Soak::new);
        topics.put("descriptors", DescriptorFlood::new);
        topics.put("cancel", CancelFlood::new);
        topics.put("flip", Flip::new);
        topics.put("pids", Pids::new);
        topics.put("hog", Hog::new);
        topics.put("hoard", Hoard::new);
        topics.put("environment", EnvironmentMatrix::new);
        return topics;
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Chaos()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        long failures = 0;
        for (Map.Entry<String, Supplier<Topic>> entry : TOPICS.entrySet()) {
            if (topic.equals(ALL) || topic.equals(entry.getKey())) {
                failures += campaign(entry.getKey(), entry.getValue());
            }
        }
        if (!topic.equals(ALL) && !TOPICS.containsKey(topic)) {
            throw new IllegalArgumentException("no topic " + topic + "; there are " + TOPICS.keySet());
        }
        return failures == 0 ? 0 : 1;
    }

    private long campaign(String name, Supplier<Topic> maker) throws Exception {
        Topic kind = maker.get();
        long wanted = size != null ? size : isShort ? kind.shortSize() : kind.fullSize();
        if (progress == null) {
            return part(name, kind, new Run(seed, first, first + wanted, load()));
        }
        Progress known = new Progress(progress);
        long failures = known.failures(name, seed);
        long step = Math.max(1, (wanted + PARTS - 1) / PARTS);
        for (long at = known.done(name, seed); at < wanted; at = known.done(name, seed)) {
            Run run = new Run(seed, at, Math.min(wanted, at + step), load());
            failures += part(name, maker.get(), run);
            known.add(name, seed, run.size(), run.failureCount());
        }
        System.out.println(name + " in all: " + known.done(name, seed) + " " + kind.trials() + ", " + failures
                + " failures, seed " + seed);
        return failures;
    }

    private Load load() {
        return new Load(callers, pace);
    }

    /** Runs trials and prints their line; failures on lines of their own. */
    static long part(String name, Topic topic, Run run) throws Exception {
        Instant begun = Instant.now();
        topic.run(run);
        if (run.done() < run.size()) {
            run.fail("only " + run.done() + " of " + run.size() + " " + topic.trials() + " were done");
        }
        System.out.println(line(name, topic, run, begun));
        run.failures().forEach(failure -> System.out.println("  " + name + " failed: " + failure));
        return run.failureCount();
    }

    private static String line(String name, Topic topic, Run run, Instant begun) throws IOException {
        return name + ": " + run.done() + " " + topic.trials() + ", " + run.failureCount() + " failures, "
                + run.figures() + ", seed " + run.seed() + " from " + run.first() + ", "
                + Duration.between(begun, Instant.now()).toSeconds() + " s, "
                + begun.truncatedTo(ChronoUnit.SECONDS);
    }
}
