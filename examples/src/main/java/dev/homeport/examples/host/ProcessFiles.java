package dev.homeport.examples.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What {@code /proc} tells of one process. Every method throws {@link IOException} once the process is gone.
 *
 * @param directory {@code /proc/PID}
 */
record ProcessFiles(Path directory) {
    /** Of a command line; longer ones are cut, as a process chooses its own. */
    private static final int MAX_COMMAND_BYTES = 4096;
    private static final int START_TIME = 19;

    static ProcessFiles of(int pid) {
        return new ProcessFiles(Path.of("/proc", Integer.toString(pid)));
    }

    ProcessIdentity identity() throws IOException {
        return new ProcessIdentity(startTicks(), uids(status()), keeper());
    }

    /** The fields behind the name, which is in brackets and may hold anything. */
    private long startTicks() throws IOException {
        String stat = text("stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[START_TIME]);
    }

    private int keeper() throws IOException {
        return (Integer) Files.getAttribute(directory.resolve("environ"), "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    private static Set<Integer> uids(Map<String, String> status) {
        Set<Integer> uids = new HashSet<>();
        for (String uid : status.getOrDefault("Uid", "").split("\\s+")) {
            uids.add(Integer.parseUnsignedInt(uid));
        }
        return uids;
    }

    /** Name to value of {@code /proc/PID/status}. */
    Map<String, String> status() throws IOException {
        Map<String, String> fields = new HashMap<>();
        for (String line : text("status").split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return fields;
    }

    /** Name of its effective user, or the number if it has no name. */
    String user() throws IOException {
        return Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).getName();
    }

    /** Its arguments; none for a thread of the kernel. */
    List<String> command() throws IOException {
        String line = new String(start("cmdline", MAX_COMMAND_BYTES), StandardCharsets.UTF_8);
        return line.isEmpty() ? List.of() : Arrays.asList(line.split("\0"));
    }

    /** Where a link such as {@code exe} leads; empty if nowhere. */
    String link(String name) throws IOException {
        Path link = directory.resolve(name);
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (java.nio.file.NoSuchFileException e) {
            // A thread of the kernel has no program; a process that has ended has no directory.
            if (Files.exists(directory)) {
                return "";
            }
            throw e;
        }
    }

    int descriptors() throws IOException {
        try (Stream<Path> entries = Files.list(directory.resolve("fd"))) {
            return Math.toIntExact(entries.count());
        }
    }

    List<String> limits() throws IOException {
        return text("limits").lines().skip(1).toList();
    }

    private String text(String name) throws IOException {
        return Files.readString(directory.resolve(name), StandardCharsets.ISO_8859_1);
    }

    private byte[] start(String name, int bytes) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(directory.resolve(name))) {
            ByteBuffer buffer = ByteBuffer.allocate(bytes);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                // The kernel may give it in pieces.
            }
            return Arrays.copyOf(buffer.array(), buffer.position());
        }
    }
}
