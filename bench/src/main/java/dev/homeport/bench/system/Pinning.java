package dev.homeport.bench.system;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Starts processes on one processor by {@code taskset}, where that is installed. */
public final class Pinning {
    private static final String ALLOWED = "Cpus_allowed_list:";

    private Pinning() {}

    /** Whether it can be done here. */
    public static boolean isPossible() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "taskset")));
    }

    /** What stands before the command of a process that runs on the first of our processors alone. */
    public static List<String> toFirst() {
        return prefix("^\\D*(\\d+).*$");
    }

    /** What stands before the command of a process that runs on the last of our processors alone. */
    public static List<String> toLast() {
        return prefix(".*\\D(\\d+)\\s*$");
    }

    private static List<String> prefix(String processor) {
        return List.of("taskset", "-c", allowed().replaceAll(processor, "$1"));
    }

    private static String allowed() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith(ALLOWED)).findFirst().orElse("0");
        } catch (IOException e) {
            return "0";
        }
    }
}
