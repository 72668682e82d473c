package dev.homeport.lpc.port;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which sockets a process holds, by its table of descriptors. The kernel is asked each time; only the number of the
 * descriptor is remembered, which is looked at first: to list the table of a server with 2000 descriptors takes a
 * millisecond or two. Any thread.
 */
final class HeldSockets {
    private static final int MAX_REMEMBERED = 1024;

    private final Path proc;
    private final Map<Holder, Path> lastSeen = new ConcurrentHashMap<>();

    private record Holder(int pid, String socket) {}

    /** @param proc where the kernel's file system of processes is */
    HeldSockets(Path proc) {
        this.proc = proc;
    }

    /** Whether a process holds all of these sockets now; false also if it is dead, or does not let us look. */
    boolean holdsAll(int pid, Collection<Long> inodes) throws IOException {
        Set<String> missing = new HashSet<>();
        for (long inode : inodes) {
            String socket = "socket:[" + inode + "]";
            Path seen = lastSeen.get(new Holder(pid, socket));
            if (seen == null || !target(seen).equals(socket)) {
                missing.add(socket);
            }
        }
        return missing.isEmpty() || isInTable(pid, missing);
    }

    private boolean isInTable(int pid, Set<String> missing) throws IOException {
        Path table = proc.resolve(Integer.toString(pid)).resolve("fd");
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(table)) {
            for (Path descriptor : descriptors) {
                String target = target(descriptor);
                if (missing.remove(target)) {
                    remember(new Holder(pid, target), descriptor);
                    if (missing.isEmpty()) {
                        return true;
                    }
                }
            }
            return false;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (NoSuchFileException | AccessDeniedException deadOrHidden) {
            return false;
        }
    }

    private void remember(Holder holder, Path descriptor) {
        if (lastSeen.size() >= MAX_REMEMBERED) {
            lastSeen.clear();
        }
        lastSeen.put(holder, descriptor);
    }

    private static String target(Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException | AccessDeniedException | NotLinkException closedMeanwhile) {
            return "";
        }
    }
}
