package dev.homeport.bench.load;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Names and values on one line, as they travel between the benchmark and its processes; a value. */
public record Parameters(Map<String, String> values) {
    public static final Parameters NONE = new Parameters(Map.of());

    public Parameters {
        values = Map.copyOf(values);
    }

    /** Reads {@code name=value name=value}. */
    public static Parameters parse(String line) {
        Map<String, String> values = new TreeMap<>();
        for (String part : line.strip().split(" +")) {
            int sign = part.indexOf('=');
            if (sign > 0) {
                values.put(part.substring(0, sign), part.substring(sign + 1));
            }
        }
        return new Parameters(values);
    }

    public static Parameters of(String name, Object value) {
        return NONE.and(name, value);
    }

    public Parameters and(String name, Object value) {
        Map<String, String> more = new TreeMap<>(values);
        more.put(name, value.toString());
        return new Parameters(more);
    }

    public String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no parameter " + name + " among " + values.keySet());
        }
        return value;
    }

    public int number(String name) {
        return Integer.parseInt(text(name));
    }

    /** The line that {@link #parse} reads. */
    public String toLine() {
        return values.entrySet().stream().map(Object::toString).collect(Collectors.joining(" "));
    }
}
