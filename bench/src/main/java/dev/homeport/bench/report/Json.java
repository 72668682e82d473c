package dev.homeport.bench.report;

import dev.homeport.bench.Outcome;
import dev.homeport.bench.Result;
import dev.homeport.bench.Settings;
import dev.homeport.bench.load.Figures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What was measured, round by round, for other programs; with the machine that it was measured on. */
public final class Json {
    private static final String FILE = "bench.json";

    private Json() {}

    public static void write(Settings settings, Outcome outcome) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("date", Instant.now().toString());
        all.put("machine", machine());
        all.put("rounds", settings.rounds());
        all.put("nanos", settings.nanos());
        all.put("warmupNanos", settings.warmupNanos());
        all.put("results", outcome.results().stream().map(Json::result).toList());
        all.put("counters", outcome.counters().stream().map(Json::counters).toList());
        all.put("notes", outcome.notes());
        Files.writeString(settings.directory().resolve(FILE), text(all) + "\n");
    }

    private static Map<String, Object> machine() throws IOException {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put("model", processorModel());
        machine.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        return machine;
    }

    private static String processorModel() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(System.getProperty("os.arch"));
        }
    }

    private static Map<String, Object> result(Result result) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("topic", result.cell().topic().name());
        map.put("cell", result.cell().label());
        map.put("parameters", result.cell().parameters().values());
        map.put("rival", result.rival().label());
        map.put("median", result.median().values());
        map.put("rounds", result.rounds().stream().map(Figures::values).toList());
        map.put("failures", result.failures());
        return map;
    }

    private static Map<String, Object> counters(Outcome.TopicCounters one) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("topic", one.topic().name());
        map.put("safetyNetWakes", one.counters().safetyNetWakes());
        map.put("doorbells", one.counters().doorbellsRung());
        map.put("takeOvers", one.counters().takeOvers());
        map.put("framesSent", one.counters().framesSent());
        map.put("framesRead", one.counters().framesRead());
        return map;
    }

    /** A map, list, number or anything else, which is written as text. */
    static String text(Object value) {
        return switch (value) {
            case Map<?, ?> map -> map.entrySet().stream()
                    .map(entry -> text(entry.getKey()) + ": " + text(entry.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
            case List<?> list -> list.stream().map(Json::text).collect(Collectors.joining(",\n", "[", "]"));
            case Double number when !Double.isFinite(number) -> "null";
            case Number number -> number.toString();
            default -> quoted(value.toString());
        };
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
