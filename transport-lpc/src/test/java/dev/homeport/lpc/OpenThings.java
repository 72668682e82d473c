package dev.homeport.lpc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Counts what this process holds, by the kernel's tables, to be compared before and after.
 *
 * @param descriptors of memory files, sockets, epolls, pidfds and the like; ordinary files come and go with the
 *     JVM's class loading, pipes with children of the test
 * @param outboxMaps maps of memory files
 */
public record OpenThings(long descriptors, long outboxMaps) {

    public static OpenThings now() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"));
                Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return new OpenThings(
                    open.filter(OpenThings::isOurs).count(), maps.filter(line -> line.contains("memfd:")).count());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOurs(Path link) {
        try {
            String target = Files.readSymbolicLink(link).toString();
            return target.startsWith("socket:") || target.startsWith("anon_inode:") || target.startsWith("/memfd:");
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
