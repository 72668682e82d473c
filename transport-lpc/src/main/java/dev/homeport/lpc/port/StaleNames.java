package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.FileStatus;
import dev.homeport.lpc.syscall.UnixSocket;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Files of servers that died without taking their names away. A server that starts removes those of its directory. A
 * name is dead if its lock can be taken and nobody listens at its path; the lock is held until all is removed, so that
 * a server that starts meanwhile waits for a moment and makes its own. Links are not followed, files of other users
 * are left alone, and so is whatever cannot be told. Any thread, any number of processes at once.
 */
final class StaleNames {
    /** Entries that one sweep looks at: a start is not held up by a directory full of rubbish. */
    static final int MAX_ENTRIES = 1024;

    /** Names that one sweep removes, some 0.1 ms each. The next server that starts goes on. */
    static final int MAX_REMOVED = 64;

    private static final System.Logger LOG = System.getLogger("dev.homeport.lpc.port");
    private static final Pattern FILE = Pattern.compile("(.{1,96})\\.(?:sock|lock|new)");
    /** A listener answers at once or has its backlog full, which is an answer too. */
    private static final long CONNECT_NANOS = 1_000_000;

    private final Path directory;
    private final int ownUid;

    private StaleNames(Path directory, int ownUid) {
        this.directory = directory;
        this.ownUid = ownUid;
    }

    /**
     * Removes what dead servers left, as far as the bounds go. Never fails: what stays stops nobody.
     *
     * @return names removed
     */
    static int sweep(Path directory, int ownUid) {
        StaleNames stale = new StaleNames(directory, ownUid);
        int removed = 0;
        for (String name : stale.names()) {
            if (stale.remove(name) && ++removed == MAX_REMOVED) {
                break;
            }
        }
        if (removed > 0) {
            LOG.log(System.Logger.Level.INFO, "names of dead servers removed: names={0}, directory={1}", removed, directory);
        }
        return removed;
    }

    private Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            int looked = 0;
            for (Path entry : entries) {
                Matcher file = FILE.matcher(entry.getFileName().toString());
                if (file.matches()) {
                    names.add(file.group(1));
                }
                if (++looked == MAX_ENTRIES) {
                    break;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.log(System.Logger.Level.DEBUG, "names of dead servers stay", e);
        }
        return names;
    }

    private boolean remove(String name) {
        Path lockPath = directory.resolve(name + ".lock");
        Path socket = directory.resolve(name + ".sock");
        Path fresh = directory.resolve(name + ".new");
        FileStatus lockFile = FileStatus.ofPathNoFollow(lockPath.toString());
        FileStatus socketFile = FileStatus.ofPathNoFollow(socket.toString());
        FileStatus freshFile = FileStatus.ofPathNoFollow(fresh.toString());
        boolean anyThere = lockFile.error() == 0 || socketFile.error() == 0 || freshFile.error() == 0;
        if (!anyThere || !isOurs(lockFile, lockFile.isRegularFile()) || !isOurs(socketFile, socketFile.isSocket())
                || !isOurs(freshFile, freshFile.isSocket())) {
            return false;
        }
        try (NameLock lock = NameLock.takeIfFree(lockPath)) {
            if (lock == null) {
                return false;
            }
            if (isListening(socket) || isListening(fresh)) {
                return false;
            }
            Files.deleteIfExists(socket);
            Files.deleteIfExists(fresh);
            return true;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a dead server's name stays: " + name, e);
            return false;
        }
    }

    /** Whether it is not there, or of this user and what a server makes. */
    private boolean isOurs(FileStatus file, boolean isOfItsKind) {
        return file.error() == 0 ? file.uid() == ownUid && isOfItsKind : file.error() == -Errno.ENOENT;
    }

    private static boolean isListening(Path socket) {
        int connected = UnixSocket.connect(socket.toString(), CONNECT_NANOS);
        if (connected >= 0) {
            Descriptors.close(connected);
            return true;
        }
        return connected != -Errno.ECONNREFUSED && connected != -Errno.ENOENT;
    }
}
