package dev.homeport.bench.report;

import dev.homeport.bench.Cell;
import dev.homeport.bench.Outcome;
import dev.homeport.bench.Result;
import dev.homeport.bench.Settings;
import dev.homeport.bench.Topic;
import dev.homeport.bench.load.Figures;
import dev.homeport.bench.load.Parameters;
import dev.homeport.bench.rival.Rival;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run measured, round by round, in the shape of its JSON file; with the machine that it was measured on.
 *
 * @param date instant of its end, in the form of ISO 8601
 * @param rounds as they were asked for; a rival that failed has fewer
 * @param nanos of a cell in a round
 */
public record Recording(
        String date, Machine machine, int rounds, long nanos, long warmupNanos, List<Entry> results,
        List<Counters> counters, List<String> notes) {

    /** A result. */
    record Entry(
            String topic, String cell, Map<String, String> parameters, String rival, Map<String, Double> median,
            List<Map<String, Double>> rounds, List<String> failures) {

        static Entry of(Result result) {
            return new Entry(
                    result.cell().topic().name(),
                    result.cell().label(),
                    result.cell().parameters().values(),
                    result.rival().label(),
                    finite(result.median()),
                    result.rounds().stream().map(Entry::finite).toList(),
                    result.failures());
        }

        /** JSON has no word for what is not a number; a figure that is left out reads as that. */
        private static Map<String, Double> finite(Figures figures) {
            Map<String, Double> finite = new LinkedHashMap<>(figures.values());
            finite.values().removeIf(value -> !Double.isFinite(value));
            return finite;
        }

        Result toResult() {
            Cell its = new Cell(Topic.valueOf(topic), cell, new Parameters(parameters));
            return new Result(its, Rival.of(rival), rounds.stream().map(Entry::figures).toList(), failures);
        }

        private static Figures figures(Map<String, Double> values) {
            Figures figures = new Figures();
            values.forEach(figures::put);
            return figures;
        }
    }

    /** Homeport's counters of a topic, over both processes, warm-up included. */
    record Counters(
            String topic, long safetyNetWakes, long doorbells, long takeOvers, long framesSent, long framesRead) {

        static Counters of(Outcome.TopicCounters one) {
            return new Counters(
                    one.topic().name(), one.counters().safetyNetWakes(), one.counters().doorbellsRung(),
                    one.counters().takeOvers(), one.counters().framesSent(), one.counters().framesRead());
        }
    }

    /** What a run that has ended now gave. */
    public static Recording of(Settings settings, Outcome outcome) throws IOException {
        return new Recording(
                Instant.now().toString(),
                Machine.here(),
                settings.rounds(),
                settings.nanos(),
                settings.warmupNanos(),
                outcome.results().stream().map(Entry::of).toList(),
                outcome.counters().stream().map(Counters::of).toList(),
                List.copyOf(outcome.notes()));
    }

    /** The results, as they were before they were written. */
    public List<Result> toResults() {
        return results.stream().map(Entry::toResult).toList();
    }

    /** On what it was measured, and when, in short. */
    String origin() {
        return machine.model() + ", " + machine.processors() + " processors, "
                + Instant.parse(date).atOffset(ZoneOffset.UTC).toLocalDate();
    }
}
