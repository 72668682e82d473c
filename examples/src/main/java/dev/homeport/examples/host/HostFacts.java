package dev.homeport.examples.host;

import com.google.protobuf.Duration;
import dev.homeport.examples.host.proto.Disk;
import dev.homeport.examples.host.proto.HostReply;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is the same for every viewer: the host as a whole and its disks. Thread-safe. */
final class HostFacts {
    private static final Path KERNEL = Path.of("/proc/sys/kernel");
    private static final long KIBIBYTE = 1024;

    HostReply.Builder host() throws IOException {
        String[] up = Files.readString(Path.of("/proc/uptime")).split("[. ]");
        return HostReply.newBuilder()
                .setName(Files.readString(KERNEL.resolve("hostname")).strip())
                .setKernel(Files.readString(KERNEL.resolve("osrelease")).strip())
                .setProcessors(Runtime.getRuntime().availableProcessors())
                .setMemoryBytes(memory("MemTotal"))
                .setAvailableBytes(memory("MemAvailable"))
                .setUp(Duration.newBuilder().setSeconds(Long.parseLong(up[0])))
                .setLoad(Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]));
    }

    private static long memory(String name) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith(name + ":")) {
                return ProcessTable.kibibytes(line.substring(name.length() + 1).strip()) * KIBIBYTE;
            }
        }
        return 0;
    }

    /** What is mounted and has room; the kernel's own file systems have none. */
    List<Disk> disks() {
        List<Disk> disks = new ArrayList<>();
        for (FileStore store : FileSystems.getDefault().getFileStores()) {
            try {
                if (store.getTotalSpace() > 0) {
                    disks.add(Disk.newBuilder()
                            .setDevice(store.name())
                            .setMountedAt(mountPoint(store))
                            .setType(store.type())
                            .setTotalBytes(store.getTotalSpace())
                            .setUsableBytes(store.getUsableSpace())
                            .setReadOnly(store.isReadOnly())
                            .build());
                }
            } catch (IOException e) {
                // Unmounted since, or hidden behind another: not there for anybody who asks now.
            }
        }
        return disks;
    }

    /** A store's text is {@code mount point (device)}; there is no other way to the first part. */
    private static String mountPoint(FileStore store) {
        String text = store.toString();
        int end = text.length() - store.name().length() - " ()".length();
        return end > 0 && text.endsWith(" (" + store.name() + ")") ? text.substring(0, end) : text;
    }
}
