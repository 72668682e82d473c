package dev.homeport.bench.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What a run gave: names and numbers, in the order in which they are shown. Used by one thread. The unit ends the
 * name.
 */
public final class Figures {
    /** Calls or messages that the run had. */
    public static final String CALLS = "calls";
    public static final String PER_SECOND = "per_s";
    public static final String P50 = "p50_us";
    public static final String P99 = "p99_us";
    public static final String P999 = "p999_us";
    /** Time of the run on the client's clock. */
    public static final String SECONDS = "seconds";

    private static final double NANOS_PER_MICRO = 1e3;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Map<String, Double> values = new LinkedHashMap<>();

    public Figures put(String name, double value) {
        values.put(name, value);
        return this;
    }

    public boolean has(String name) {
        return values.containsKey(name);
    }

    /** The number, or not a number. */
    public double get(String name) {
        return values.getOrDefault(name, Double.NaN);
    }

    public Map<String, Double> values() {
        return values;
    }

    /** How much was done in which time. */
    public Figures putRate(long calls, long nanos) {
        double seconds = nanos / NANOS_PER_SECOND;
        return put(CALLS, calls).put(SECONDS, seconds).put(PER_SECOND, calls / seconds);
    }

    /** How long single calls took, from a histogram of nanoseconds. */
    public Figures putLatencies(Histogram nanos) {
        return put(P50, nanos.getValueAtPercentile(50) / NANOS_PER_MICRO)
                .put(P99, nanos.getValueAtPercentile(99) / NANOS_PER_MICRO)
                .put(P999, nanos.getValueAtPercentile(99.9) / NANOS_PER_MICRO);
    }

    /** For the way from process to process. */
    public Parameters toParameters() {
        Map<String, String> texts = new TreeMap<>();
        int index = 0;
        for (Map.Entry<String, Double> entry : values.entrySet()) {
            // The index keeps the order.
            texts.put(String.format("%02d.%s", index++, entry.getKey()), entry.getValue().toString());
        }
        return new Parameters(texts);
    }

    public static Figures of(Parameters parameters) {
        Figures figures = new Figures();
        new TreeMap<>(parameters.values())
                .forEach((name, text) -> figures.put(name.substring(name.indexOf('.') + 1), Double.parseDouble(text)));
        return figures;
    }

    /** Figure by figure the median of the rounds that have it. */
    public static Figures median(List<Figures> rounds) {
        Figures medians = new Figures();
        for (Figures round : rounds) {
            for (String name : round.values.keySet()) {
                medians.values.computeIfAbsent(name, wanted -> medianOf(wanted, rounds));
            }
        }
        return medians;
    }

    private static double medianOf(String name, List<Figures> rounds) {
        List<Double> found = new ArrayList<>();
        rounds.stream().filter(round -> round.has(name)).forEach(round -> found.add(round.get(name)));
        double[] sorted = found.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
