package dev.homeport.examples.host;

import dev.homeport.examples.host.proto.Process;
import dev.homeport.examples.host.proto.ProcessDetail;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The processes of this host, as a viewer may see them. Thread-safe: the kernel keeps the state. */
final class ProcessTable {
    private static final Path PROC = Path.of("/proc");
    private static final long KIBIBYTE = 1024;

    /** Numbers of all processes, ascending. Some may have ended when they are looked at. */
    List<Integer> pids() {
        try (Stream<Path> entries = Files.list(PROC)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.chars().allMatch(c -> c >= '0' && c <= '9'))
                    .map(Integer::valueOf)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Which process has that number now; null if none. */
    @Nullable ProcessIdentity identity(int pid) {
        try {
            return ProcessFiles.of(pid).identity();
        } catch (IOException e) {
            return null;
        }
    }

    /** A process, in detail if that viewer may see it so; null if it has ended. */
    @Nullable Process read(int pid, Viewer viewer) {
        ProcessFiles files = ProcessFiles.of(pid);
        try {
            ProcessIdentity before = files.identity();
            Map<String, String> status = files.status();
            Process.Builder process = Process.newBuilder()
                    .setPid(pid)
                    .setParent(Integer.parseInt(status.getOrDefault("PPid", "0")))
                    .setUid(Integer.parseUnsignedInt(status.getOrDefault("Uid", "0 0").split("\\s+")[1]))
                    .setUser(files.user())
                    .setName(status.getOrDefault("Name", ""));
            if (viewer.sees(before)) {
                ProcessDetail detail = detail(files, status);
                // The number may have gone to another process, or the process to another user, while it was read.
                if (detail != null && files.identity().equals(before)) {
                    process.setDetail(detail);
                }
            }
            return process.build();
        } catch (IOException e) {
            return null;
        }
    }

    /** Null if even this daemon may not see it, which it may as root. */
    private static @Nullable ProcessDetail detail(ProcessFiles files, Map<String, String> status) throws IOException {
        try {
            return ProcessDetail.newBuilder()
                    .setExecutable(files.link("exe"))
                    .addAllCommand(files.command())
                    .setDirectory(files.link("cwd"))
                    .setResidentBytes(kibibytes(status.getOrDefault("VmRSS", "0 kB")) * KIBIBYTE)
                    .setThreads(Integer.parseInt(status.getOrDefault("Threads", "0")))
                    .setDescriptors(files.descriptors())
                    .build();
        } catch (java.nio.file.AccessDeniedException e) {
            return null;
        }
    }

    /** Of a value such as {@code 1234 kB}. */
    static long kibibytes(String value) {
        return Long.parseLong(value.substring(0, value.indexOf(' ')));
    }
}
