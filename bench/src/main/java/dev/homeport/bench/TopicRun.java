package dev.homeport.bench;

import dev.homeport.bench.agent.IdleCost;
import dev.homeport.bench.agent.Pair;
import dev.homeport.bench.load.Figures;
import dev.homeport.bench.rival.Rival;
import dev.homeport.bench.system.Pinning;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures one topic: starts the processes of its rivals, and has them run cell by cell, in rounds in which each has
 * its turn, one at a time while the others sleep. A rival that fails gets new processes. Used by one thread.
 */
final class TopicRun implements AutoCloseable {
    private final Topic topic;
    private final Settings settings;
    private final Outcome outcome;
    private final Map<Rival, Pair> pairs = new EnumMap<>(Rival.class);

    TopicRun(Topic topic, Settings settings, Outcome outcome) {
        this.topic = topic;
        this.settings = settings;
        this.outcome = outcome;
    }

    void run() {
        if (topic.isPinned() && !Pinning.isPossible()) {
            outcome.note(topic + " skipped: taskset is not installed");
            return;
        }
        for (Cell cell : settings.cellsOf(topic)) {
            run(cell);
        }
    }

    private void run(Cell cell) {
        List<Result> results = settings.rivalsOf(topic).stream()
                .map(rival -> new Result(cell, rival, new ArrayList<>(), new ArrayList<>()))
                .toList();
        results.forEach(this::warmUp);
        for (int round = 1; round <= settings.rounds(); round++) {
            for (Result result : results) {
                measure(result, round);
            }
        }
        results.forEach(outcome::add);
    }

    private void warmUp(Result result) {
        try {
            boolean first = !pairs.containsKey(result.rival());
            pair(result.rival(), result.cell(), first);
        } catch (IOException e) {
            failed(result, "warm-up", e);
        }
    }

    /** The processes of a rival, warmed up for the cell. */
    private Pair pair(Rival rival, Cell cell, boolean first) throws IOException {
        Pair pair = pairs.get(rival);
        if (pair == null) {
            pair = start(rival);
            pairs.put(rival, pair);
        }
        long nanos = settings.warmupNanos(first);
        if (!isIdleCost(cell) && nanos > 0) {
            pair.run(cell.toWarmUp(), nanos);
        }
        return pair;
    }

    private Pair start(Rival rival) throws IOException {
        if (rival == Rival.FUTEX_APART) {
            if (!Pinning.isPossible()) {
                throw new IOException("taskset is not installed");
            }
            return Pair.start(rival, Pinning.toFirst(), Pinning.toLast());
        }
        List<String> prefix = topic.isPinned() ? Pinning.toLast() : List.of();
        return Pair.start(rival, prefix, prefix);
    }

    private void measure(Result result, int round) {
        try {
            Pair pair = pairs.get(result.rival());
            if (pair == null) {
                pair = pair(result.rival(), result.cell(), true);
            }
            Figures figures = isIdleCost(result.cell())
                    ? new IdleCost(pair).measure(
                            result.cell().parameters().number(Cells.IDLE_CONNECTIONS), settings.nanos())
                    : pair.run(result.cell(), settings.nanos());
            result.rounds().add(figures);
            progress(result, round, figures);
        } catch (IOException e) {
            failed(result, "round " + round, e);
        }
    }

    private static boolean isIdleCost(Cell cell) {
        return cell.parameters().values().containsKey(Cells.IDLE_CONNECTIONS);
    }

    private void progress(Result result, int round, Figures figures) {
        String main = topic.mainFigure();
        System.err.printf(
                Locale.ROOT, "%-22s %-18s round %d: %s=%,.3f%n",
                result.cell(), result.rival().label(), round, main, figures.get(main));
    }

    private void failed(Result result, String when, IOException failure) {
        result.failures().add(when + ": " + failure.getMessage());
        System.err.println(result.cell() + " " + result.rival().label() + " failed in " + when + ": " + failure);
        Pair broken = pairs.remove(result.rival());
        if (broken != null) {
            broken.close();
        }
    }

    /** Ends the processes, after a last look at Homeport's counters. */
    @Override
    public void close() {
        Pair homeport = pairs.get(Rival.HOMEPORT);
        if (homeport != null) {
            try {
                outcome.add(topic, homeport.counters());
            } catch (IOException e) {
                outcome.note(topic + ": no counters: " + e.getMessage());
            }
        }
        pairs.values().forEach(Pair::close);
    }
}
