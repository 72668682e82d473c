package dev.homeport.bench.report;

import dev.homeport.bench.Outcome;
import dev.homeport.bench.Result;
import dev.homeport.bench.Topic;
import dev.homeport.bench.load.Figures;
import dev.homeport.bench.rival.Rival;
import dev.homeport.spi.PortCounters;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What was measured, aligned, on standard output. */
public final class Table {
    /** Of use in the JSON alone. */
    private static final Set<String> LEFT_OUT =
            Set.of(Figures.CALLS, Figures.SECONDS, "client_cpu_us", "client_switches");
    private static final String NOTHING = "-";

    private Table() {}

    /** One topic: a row for each rival in each cell, in medians of the rounds. */
    public static void print(Topic topic, Outcome outcome) {
        Map<Boolean, List<Result>> byMainFigure = outcome.results(topic).stream()
                .collect(Collectors.partitioningBy(result -> result.median().has(topic.mainFigure())));
        printRows(topic, byMainFigure.get(true), outcome);
        printRows(topic, byMainFigure.get(false), outcome);
        for (Result result : outcome.results(topic)) {
            for (String failure : result.failures()) {
                System.out.println("FAILED " + result.cell() + " " + result.rival().label() + ": " + failure);
            }
        }
        System.out.flush();
    }

    private static void printRows(Topic topic, List<Result> results, Outcome outcome) {
        List<String> figures = figuresOf(results);
        if (figures.isEmpty()) {
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(header(topic, figures));
        for (Result result : results) {
            rows.add(row(result, figures, outcome));
        }
        System.out.println();
        printAligned(rows);
    }

    private static List<String> figuresOf(List<Result> results) {
        Set<String> names = new LinkedHashSet<>();
        results.forEach(result -> names.addAll(result.median().values().keySet()));
        return names.stream().filter(Predicate.not(LEFT_OUT::contains)).toList();
    }

    private static List<String> header(Topic topic, List<String> figures) {
        List<String> header = new ArrayList<>(List.of(topic.name(), "rival"));
        figures.forEach(name -> header.add(name.replace("_per_", "/").replace('_', ' ')));
        topic.references().forEach(reference -> header.add("x " + reference.label()));
        return header;
    }

    private static List<String> row(Result result, List<String> figures, Outcome outcome) {
        Figures median = result.median();
        List<String> row = new ArrayList<>(List.of(result.cell().label(), result.rival().label()));
        figures.forEach(name -> row.add(format(median.get(name))));
        for (Rival reference : result.cell().topic().references()) {
            row.add(format(proportion(result, reference, outcome)));
        }
        return row;
    }

    /** The main figure of a result in proportion to that of a reference in the same cell; or not a number. */
    static double proportion(Result result, Rival reference, Outcome outcome) {
        String main = result.cell().topic().mainFigure();
        Optional<Result> other = outcome.find(result.cell(), reference);
        return result.median().get(main) / other.map(found -> found.median().get(main)).orElse(Double.NaN);
    }

    private static String format(double value) {
        if (Double.isNaN(value)) {
            return NOTHING;
        }
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 1000 ? "%,.0f" : size >= 100 ? "%.1f" : "%.3f", value);
    }

    private static void printAligned(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                // Words to the left, numbers to the right.
                String alignment = i < 2 ? "-" : "";
                line.append(String.format("%" + alignment + widths[i] + "s  ", row.get(i)));
            }
            System.out.println(line.toString().stripTrailing());
        }
    }

    /** What belongs to no topic: counters, what the remote route costs, notes. */
    public static void printEnd(Outcome outcome) {
        System.out.println();
        for (Outcome.TopicCounters one : outcome.counters()) {
            PortCounters counters = one.counters();
            System.out.printf(
                    Locale.ROOT,
                    "Homeport in %-2s: safety-net wakes %,d%s, doorbells %,d, take-overs %,d, frames sent %,d%n",
                    one.topic(), counters.safetyNetWakes(), counters.safetyNetWakes() == 0 ? "" : " (MUST BE 0)",
                    counters.doorbellsRung(), counters.takeOvers(), counters.framesSent());
        }
        for (Result result : outcome.results()) {
            double proportion = proportion(result, Rival.NETTY_TCP, outcome);
            if (result.rival() == Rival.HOMEPORT_REMOTE && !Double.isNaN(proportion)) {
                System.out.printf(
                        Locale.ROOT, "Remote route against bare grpc-netty, %s: %s %+.1f %%%n",
                        result.cell(), result.cell().topic().mainFigure(), 100 * (proportion - 1));
            }
        }
        outcome.notes().forEach(System.out::println);
    }
}
