package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.FileStatus;
import dev.homeport.lpc.syscall.PeerCredentials;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The directories in which connection ports are published and looked for. Any thread. A directory that
 * somebody else could write to, or lead elsewhere, is never used: what is in it decides whom we talk to.
 *
 * @param configured {@code homeport.dir} or {@code HOMEPORT_DIR}; null if neither is set
 * @param userRuntime {@code XDG_RUNTIME_DIR}; null if not set
 * @param run where the system keeps runtime directories: {@code /run}
 * @param temporary the last resort: {@code /tmp}
 * @param ownUid effective user id of this process
 */
record RuntimeDirectory(
        @Nullable String configured, @Nullable String userRuntime, Path run, Path temporary, int ownUid) {
    private static final int ROOT = 0;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int STICKY = 01000;

    /** What a search may look into, and why not into the rest. */
    record Searchable(List<Path> directories, List<String> refusals) {}

    static RuntimeDirectory ofThisProcess() {
        String property = System.getProperty("homeport.dir");
        return new RuntimeDirectory(
                property != null ? property : System.getenv("HOMEPORT_DIR"),
                System.getenv("XDG_RUNTIME_DIR"),
                Path.of("/run"),
                Path.of("/tmp"),
                PeerCredentials.ownUid());
    }

    /**
     * The directory to publish in: the first that can be used, made if it is not there.
     *
     * @throws IOException if there is none, or if the configured one cannot be used: then no other is taken
     *     in silence
     */
    Path toPublish() throws IOException {
        if (isSet(configured)) {
            Path directory = Path.of(configured);
            String refusal = makeAndCheck(directory);
            if (refusal != null) {
                throw new IOException("the configured runtime directory cannot be used: " + refusal);
            }
            return directory;
        }
        List<String> refusals = new ArrayList<>();
        for (Path directory : ownDirectories()) {
            String refusal = makeAndCheck(directory);
            if (refusal == null) {
                return directory;
            }
            refusals.add(refusal);
        }
        throw new IOException("no runtime directory can be used: " + String.join("; ", refusals));
    }

    private List<Path> ownDirectories() {
        List<Path> directories = new ArrayList<>();
        if (isSet(userRuntime)) {
            directories.add(Path.of(userRuntime, "homeport"));
        }
        if (ownUid == ROOT) {
            directories.add(run.resolve("homeport"));
        }
        directories.add(temporary.resolve("homeport-" + ownUid));
        return directories;
    }

    private @Nullable String makeAndCheck(Path directory) {
        if (directory.isAbsolute()) {
            try {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException thereAlready) {
                // Checked below like any other.
            } catch (IOException e) {
                return directory + " cannot be made: " + e;
            }
        }
        String refusal = refusal(directory, ownUid);
        if (refusal == null && FileStatus.ofPathNoFollow(directory.toString()).uid() != ownUid) {
            return directory + " belongs to root, not to this process: ownUid=" + ownUid;
        }
        return refusal;
    }

    /**
     * All directories in which the port of a server may be.
     *
     * @param serverUid user id the server must have
     */
    Searchable toSearch(int serverUid) {
        Set<Path> candidates = new LinkedHashSet<>();
        if (isSet(configured)) {
            candidates.add(Path.of(configured));
        }
        candidates.addAll(ownDirectories());
        candidates.add(run.resolve("homeport"));
        candidates.add(run.resolve("user").resolve(Integer.toString(serverUid)).resolve("homeport"));
        candidates.add(temporary.resolve("homeport-" + serverUid));
        List<Path> directories = new ArrayList<>();
        List<String> refusals = new ArrayList<>();
        for (Path candidate : candidates) {
            String refusal = refusal(candidate, serverUid);
            if (refusal == null) {
                directories.add(candidate);
            } else {
                refusals.add(refusal);
            }
        }
        return new Searchable(directories, refusals);
    }

    private static boolean isSet(@Nullable String directory) {
        return directory != null && !directory.isEmpty();
    }

    /** Why a directory cannot be trusted with the ports of a user, in words; null if it can. */
    static @Nullable String refusal(Path directory, int uid) {
        if (!directory.isAbsolute()) {
            return directory + " is not absolute";
        }
        FileStatus status = FileStatus.ofPathNoFollow(directory.toString());
        if (status.error() < 0) {
            return directory + ": " + Errno.name(status.error());
        }
        if (!status.isDirectory()) {
            return directory + " is a " + status.kind() + ", not a directory";
        }
        if ((status.permissions() & WRITABLE_BY_OTHERS) != 0) {
            return directory + " can be written by others: " + mode(status);
        }
        if (status.uid() != uid && status.uid() != ROOT) {
            return directory + " belongs to somebody else: uid=" + status.uid() + ", expectedUid=" + uid;
        }
        return ancestorRefusal(directory, uid);
    }

    // The path as it is written and the path it really is: a link on the way is as good as its owner.
    private static @Nullable String ancestorRefusal(Path directory, int uid) {
        String refusal = walk(directory.getParent(), uid);
        if (refusal != null) {
            return refusal;
        }
        try {
            return walk(directory.toRealPath().getParent(), uid);
        } catch (IOException e) {
            return directory + " cannot be resolved: " + e;
        }
    }

    private static @Nullable String walk(@Nullable Path lowest, int uid) {
        for (Path path = lowest; path != null; path = path.getParent()) {
            FileStatus status = FileStatus.ofPathNoFollow(path.toString());
            if (status.error() < 0) {
                return path + ": " + Errno.name(status.error());
            }
            if (status.uid() != uid && status.uid() != ROOT) {
                return path + " belongs to somebody else: uid=" + status.uid() + ", expectedUid=" + uid;
            }
            boolean othersWrite = (status.permissions() & WRITABLE_BY_OTHERS) != 0;
            if (othersWrite && !status.isSymbolicLink() && (status.permissions() & STICKY) == 0) {
                return path + " can be written by others: " + mode(status);
            }
        }
        return null;
    }

    private static String mode(FileStatus status) {
        return "mode=0" + Integer.toOctalString(status.permissions());
    }
}
