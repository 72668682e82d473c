package dev.homeport.bench.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What processes hold at one moment, as {@code /proc} tells it.
 *
 * @param memoryFileBytes of memory files mapped by any of them, each file counted once
 * @param residentBytes of all of them together; shared pages count in each
 * @param threads of all of them together
 */
public record ProcessMemory(long memoryFileBytes, long residentBytes, int threads) {
    private static final String MEMORY_FILE = "/memfd:";
    private static final int HEXADECIMAL = 16;
    private static final long KIB = 1024;

    /** That of these processes together. */
    public static ProcessMemory of(List<Long> pids) {
        Map<String, Long> files = new HashMap<>();
        long resident = 0;
        int threads = 0;
        for (long pid : pids) {
            addMemoryFiles(pid, files);
            Map<String, Long> status = status(pid);
            resident += status.getOrDefault("VmRSS", 0L) * KIB;
            threads += status.getOrDefault("Threads", 0L).intValue();
        }
        long bytes = files.values().stream().mapToLong(Long::longValue).sum();
        return new ProcessMemory(bytes, resident, threads);
    }

    // 7f00-7f10 rw-s 00000000 00:01 4711   /memfd:name (deleted)
    private static void addMemoryFiles(long pid, Map<String, Long> files) {
        for (String line : lines(pid, "maps")) {
            if (line.contains(MEMORY_FILE)) {
                String[] parts = line.split(" +");
                files.merge(parts[3] + " " + parts[4], length(parts[0]), Math::max);
            }
        }
    }

    private static long length(String range) {
        int dash = range.indexOf('-');
        return Long.parseUnsignedLong(range.substring(dash + 1), HEXADECIMAL)
                - Long.parseUnsignedLong(range.substring(0, dash), HEXADECIMAL);
    }

    private static Map<String, Long> status(long pid) {
        Map<String, Long> values = new HashMap<>();
        for (String line : lines(pid, "status")) {
            String[] parts = line.split("[:\\s]+");
            if (parts.length > 1 && parts[1].matches("\\d+")) {
                values.put(parts[0], Long.parseLong(parts[1]));
            }
        }
        return values;
    }

    private static List<String> lines(long pid, String file) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
