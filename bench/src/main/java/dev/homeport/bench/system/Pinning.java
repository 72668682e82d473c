package dev.homeport.bench.system;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Starts processes on one core by {@code taskset}, where that is installed. */
public final class Pinning {
    private static final String ALLOWED = "Cpus_allowed_list:";

    private Pinning() {}

    /** Whether it can be done here. */
    public static boolean isPossible() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "taskset")));
    }

    /** What stands before the command of a process that runs on the last of our processors alone. */
    public static List<String> prefix() {
        return List.of("taskset", "-c", lastProcessor());
    }

    private static String lastProcessor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            String list = lines.filter(line -> line.startsWith(ALLOWED)).findFirst().orElse("0");
            return list.replaceAll(".*\\D(\\d+)\\s*$", "$1");
        } catch (IOException e) {
            return "0";
        }
    }
}
