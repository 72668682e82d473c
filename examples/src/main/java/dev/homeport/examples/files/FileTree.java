package dev.homeport.examples.files;

import dev.homeport.examples.files.proto.FileEntry;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The part of the file system that is served. Turns the paths of requests into real ones, and lets none of them out.
 * Thread-safe. Who can rename directories under the root while a request runs is trusted.
 */
final class FileTree {
    private final Path root;

    FileTree(Path root) throws IOException {
        this.root = root.toRealPath();
        if (!Files.isDirectory(this.root)) {
            throw new IOException("not a directory: " + root);
        }
    }

    /** The root's own name. */
    String name() {
        return String.valueOf(root.getFileName());
    }

    /** The existing file or directory of that path. */
    Path existing(String path) throws IOException {
        Path named = within(path);
        try {
            return confined(named.toRealPath(), path);
        } catch (NoSuchFileException e) {
            throw Status.NOT_FOUND.withDescription(path).asRuntimeException();
        }
    }

    /** Where a new file of that path belongs; its directory is made if it is missing. */
    Path writable(String path) throws IOException {
        Path named = within(path);
        if (named.equals(root)) {
            throw refused(path);
        }
        makeDirectories(root.relativize(named.getParent()), path);
        Path target = confined(named.getParent().toRealPath(), path).resolve(named.getFileName());
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
            throw refused(path);
        }
        return target;
    }

    /** Looks at each directory before it makes the next one, so that no link leads the way. */
    private void makeDirectories(Path relative, String path) throws IOException {
        Path directory = root;
        for (Path name : relative) {
            directory = directory.resolve(name);
            if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(directory);
            }
            directory = confined(directory.toRealPath(), path);
        }
    }

    private Path within(String path) {
        try {
            Path relative = Path.of(path);
            for (Path name : relative) {
                if (name.toString().equals("..")) {
                    throw refused(path);
                }
            }
            if (relative.isAbsolute()) {
                throw refused(path);
            }
            return root.resolve(relative).normalize();
        } catch (InvalidPathException e) {
            throw refused(path);
        }
    }

    private Path confined(Path real, String path) {
        if (!real.startsWith(root)) {
            throw refused(path);
        }
        return real;
    }

    private static RuntimeException refused(String path) {
        return Status.PERMISSION_DENIED
                .withDescription("leads out of the tree: " + path)
                .asRuntimeException();
    }

    /** Every regular file under an existing path, in the order of their names; to be closed by the caller. */
    Stream<Path> files(Path start) throws IOException {
        return Files.walk(start).filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).sorted();
    }

    /** What a client is told of a file in this tree. */
    FileEntry entry(Path file) throws IOException {
        return FileEntry.newBuilder()
                .setPath(root.relativize(file).toString())
                .setBytes(Files.size(file))
                .build();
    }
}
