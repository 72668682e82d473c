package dev.homeport.chaos.process;

import dev.homeport.lpc.syscall.Mmap;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Views of our own of the outboxes and sections that this process writes, found in its maps. A seal keeps anybody from
 * mapping them anew for writing; {@code mremap} of a map that may write makes a second one, which stays when the
 * connection unmaps the first: so a flip never kills the flipper. Used by one thread.
 */
final class OwnMemory implements AutoCloseable {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Pattern OWN = Pattern.compile(
            "([0-9a-f]+)-([0-9a-f]+) rw-s [0-9a-f]+ \\S+ (\\d+) +/memfd:homeport-(outbox|section) .*");
    private static final int HEXADECIMAL = 16;
    private static final int MREMAP_MAYMOVE = 1;
    private static final MethodHandle MREMAP = link();

    /**
     * A second view.
     *
     * @param isOutbox or a section
     */
    record View(long inode, boolean isOutbox, MemorySegment memory) {}

    /** A map of a memory file, as the kernel names it. */
    private record Mapping(long address, long bytes, long inode, boolean isOutbox) {}

    private final Map<Long, View> views = new HashMap<>();

    private static MethodHandle link() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("mremap"),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    }

    /** Takes up what is new, and drops what the connection has unmapped. */
    List<View> look() throws IOException {
        Map<Long, List<Mapping>> now = new HashMap<>();
        for (Mapping mapping : mappings()) {
            now.computeIfAbsent(mapping.inode, key -> new ArrayList<>()).add(mapping);
        }
        views.values().removeIf(view -> {
            boolean alone = now.getOrDefault(view.inode, List.of()).size() < 2;
            if (alone) {
                Mmap.unmap(view.memory.address(), view.memory.byteSize());
            }
            return alone;
        });
        for (List<Mapping> same : now.values()) {
            if (same.size() == 1 && !views.containsKey(same.getFirst().inode)) {
                add(same.getFirst());
            }
        }
        return List.copyOf(views.values());
    }

    private void add(Mapping mapping) throws IOException {
        long address = remap(mapping);
        if (address < 0) {
            return;
        }
        // What was there may have gone, and other memory come in its place.
        if (isThat(address, mapping.inode)) {
            views.put(mapping.inode, new View(mapping.inode, mapping.isOutbox, Mmap.view(address, mapping.bytes)));
        } else {
            Mmap.unmap(address, mapping.bytes);
        }
    }

    private static long remap(Mapping mapping) {
        try {
            // From a map of no bytes: the old one stays.
            return (long) MREMAP.invokeExact(mapping.address, 0L, mapping.bytes, MREMAP_MAYMOVE);
        } catch (Throwable thrown) {
            throw new IllegalStateException("mremap failed to run", thrown);
        }
    }

    private static boolean isThat(long address, long inode) throws IOException {
        return mappings().stream().anyMatch(found -> found.address == address && found.inode == inode);
    }

    private static List<Mapping> mappings() throws IOException {
        List<Mapping> found = new ArrayList<>();
        try (Stream<String> lines = Files.lines(MAPS)) {
            lines.forEach(line -> {
                Matcher own = OWN.matcher(line);
                if (own.matches()) {
                    long address = Long.parseUnsignedLong(own.group(1), HEXADECIMAL);
                    long end = Long.parseUnsignedLong(own.group(2), HEXADECIMAL);
                    found.add(new Mapping(address, end - address, Long.parseLong(own.group(3)),
                            own.group(4).equals("outbox")));
                }
            });
        }
        return found;
    }

    /** The outboxes that there are; to tell how many connections there were. */
    Set<Long> outboxes() {
        Set<Long> inodes = new HashSet<>();
        views.values().stream().filter(View::isOutbox).forEach(view -> inodes.add(view.inode));
        return inodes;
    }

    @Override
    public void close() {
        views.values().forEach(view -> Mmap.unmap(view.memory.address(), view.memory.byteSize()));
        views.clear();
    }
}
