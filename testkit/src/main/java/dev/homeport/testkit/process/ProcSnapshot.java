package dev.homeport.testkit.process;

import dev.homeport.testkit.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a process holds at one moment, as the kernel tells it in {@code /proc/PID}. Two snapshots are compared to show
 * that nothing leaks.
 *
 * @param descriptors open descriptors by their kind: file, socket, pipe, memfd, or the name of an anonymous inode
 * @param threads of the process that stay, by the beginning of their name; not those of the JVM's own and of pools, which
 *     come and go by themselves
 * @param memfdMappings mappings of memory files
 * @param memfdBytes of address space that these mappings take
 */
public record ProcSnapshot(
        Map<String, Integer> descriptors, Map<String, Integer> threads, int memfdMappings, long memfdBytes) {
    private static final String MEMFD = "/memfd:";
    private static final int HEXADECIMAL = 16;
    /**
     * How the kernel names, in 15 bytes, threads that say nothing of a leak: compilers and collectors of the JVM, and
     * pools, the test framework's too, whose threads begin with work and end after an idle time.
     */
    private static final Pattern ELASTIC = Pattern.compile(
            "(C[12] CompilerThre|GC Thread#|G1 |VM |Attach |Signal |Common-Cleaner|Cleaner-|ForkJoinPool|CompletableFutu"
                    + "|process reaper|grpc-default-|homeport-backgr|homeport-call-|homeport-connec|homeport-deferr"
                    + "|homeport-route-|junit-).*");

    /** That of the process with this id. */
    public static ProcSnapshot of(long pid) {
        Path proc = Path.of("/proc", Long.toString(pid));
        List<String> mappings = linesWith(proc.resolve("maps"), MEMFD);
        long bytes = mappings.stream().mapToLong(ProcSnapshot::length).sum();
        return new ProcSnapshot(descriptorsOf(proc), threadsOf(proc), mappings.size(), bytes);
    }

    /** That of this process. */
    public static ProcSnapshot ofThisProcess() {
        return of(ProcessHandle.current().pid());
    }

    private static Map<String, Integer> threadsOf(Path proc) {
        Map<String, Integer> counts = new TreeMap<>();
        for (Path thread : names(proc.resolve("task"))) {
            try {
                String name = Files.readString(thread.resolve("comm")).strip();
                if (!ELASTIC.matcher(name).matches()) {
                    counts.merge(name, 1, Integer::sum);
                }
            } catch (IOException e) {
                // Ended in the meantime.
            }
        }
        return counts;
    }

    private static Map<String, Integer> descriptorsOf(Path proc) {
        Map<String, Integer> counts = new TreeMap<>();
        for (Path descriptor : names(proc.resolve("fd"))) {
            try {
                counts.merge(kind(Files.readSymbolicLink(descriptor).toString()), 1, Integer::sum);
            } catch (NoSuchFileException e) {
                // Closed in the meantime; the descriptor that lists the directory itself is one of these.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return counts;
    }

    private static String kind(String target) {
        if (target.startsWith(MEMFD)) {
            return "memfd";
        }
        if (target.startsWith("/")) {
            return "file";
        }
        int end = target.indexOf(':');
        String type = end < 0 ? target : target.substring(0, end);
        return type.equals("anon_inode") ? target.substring(end + 1) : type;
    }

    private static List<Path> names(Path directory) {
        List<Path> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(names::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    private static List<String> linesWith(Path file, String part) {
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> line.contains(part)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long length(String mapping) {
        String range = mapping.substring(0, mapping.indexOf(' '));
        int dash = range.indexOf('-');
        return Long.parseUnsignedLong(range.substring(dash + 1), HEXADECIMAL)
                - Long.parseUnsignedLong(range.substring(0, dash), HEXADECIMAL);
    }

    /** Descriptors of all kinds. */
    public int descriptorCount() {
        return descriptors.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** What this one has more than an earlier one, in words; empty if nothing. */
    public String growthSince(ProcSnapshot earlier) {
        List<String> growth = new ArrayList<>();
        descriptors.forEach((kind, count) ->
                add(growth, "descriptors " + kind, earlier.descriptors.getOrDefault(kind, 0), count));
        threads.forEach((name, count) ->
                add(growth, "threads " + name, earlier.threads.getOrDefault(name, 0), count));
        add(growth, "memfd mappings", earlier.memfdMappings, memfdMappings);
        add(growth, "memfd bytes", earlier.memfdBytes, memfdBytes);
        return String.join(", ", growth);
    }

    private static void add(List<String> growth, String what, long before, long after) {
        if (after > before) {
            growth.add(what + " " + before + " -> " + after);
        }
    }

    /** Waits until the process holds no more than it did then: what is closed by another thread needs a moment. */
    public static void awaitNoGrowth(long pid, ProcSnapshot earlier) {
        try {
            Wait.until("nothing has grown", () -> of(pid).growthSince(earlier).isEmpty());
        } catch (AssertionError e) {
            throw new AssertionError("leaked: " + of(pid).growthSince(earlier), e);
        }
    }

    /** Waits until each thread of the process is in that state, such as T for stopped. */
    static void awaitState(long pid, char state) {
        Path task = Path.of("/proc", Long.toString(pid), "task");
        Wait.until("the process is in state " + state, () -> names(task).stream()
                .allMatch(thread -> state(thread.resolve("stat")) == state));
    }

    private static char state(Path stat) {
        try {
            String line = Files.readString(stat);
            return line.charAt(line.lastIndexOf(')') + 2);
        } catch (IOException e) {
            return '?';
        }
    }
}
