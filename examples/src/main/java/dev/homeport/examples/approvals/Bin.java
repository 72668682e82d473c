package dev.homeport.examples.approvals;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Where files go that are given up: a directory beside them, so that a move is one step of the file system. A batch's
 * files are in a directory that says it is open until all of them are there; whatever ends the batch before, they go
 * back. If that was the end of this process, the next one that opens the bin sees to it. Thread-safe.
 */
final class Bin {
    static final String NAME = ".bin";
    private static final String OPEN = "open-";

    private final Path root;
    private final Path bin;

    private Bin(Path root) {
        this.root = root;
        this.bin = root.resolve(NAME);
    }

    /** Opens the bin of a directory; what an earlier process left open goes back to its place. */
    static Bin open(Path root) throws IOException {
        Bin bin = new Bin(root);
        if (Files.isDirectory(bin.bin, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> left = Files.newDirectoryStream(bin.bin, OPEN + "*")) {
                for (Path batch : left) {
                    bin.putBack(batch);
                }
            }
        }
        return bin;
    }

    Batch newBatch() throws IOException {
        Files.createDirectories(bin);
        return new Batch();
    }

    private void putBack(Path batch) throws IOException {
        List<Path> entries;
        try (Stream<Path> walk = Files.walk(batch)) {
            entries = new ArrayList<>(walk.toList());
        }
        for (Path entry : entries.reversed()) {
            if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                Files.delete(entry);
            } else {
                move(entry, root.resolve(batch.relativize(entry).toString()));
            }
        }
    }

    /** Never over a file that is there: somebody has put it there since. */
    private static void move(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        if (Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("in the way: " + to);
        }
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("on another disk than its bin: " + from, e);
        }
    }

    /** The files of one batch. Used by one thread. */
    final class Batch implements AutoCloseable {
        private final String name = UUID.randomUUID().toString();
        private final Path open = bin.resolve(OPEN + name);
        private boolean kept;

        /** Moves a file of the directory in. */
        void take(Path file) throws IOException {
            move(file, open.resolve(root.relativize(file).toString()));
        }

        /** All are in: from here on they stay. Returns where. */
        Path keep() throws IOException {
            Path closed = bin.resolve(name);
            Files.move(open, closed, StandardCopyOption.ATOMIC_MOVE);
            kept = true;
            return closed;
        }

        /** Puts the files back unless they are to be kept. */
        @Override
        public void close() throws IOException {
            if (!kept && Files.isDirectory(open, LinkOption.NOFOLLOW_LINKS)) {
                putBack(open);
            }
        }
    }
}
