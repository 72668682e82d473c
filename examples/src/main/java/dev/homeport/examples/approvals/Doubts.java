package dev.homeport.examples.approvals;

import dev.homeport.examples.approvals.proto.Doubt;
import dev.homeport.examples.approvals.proto.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Reads every file of a directory and finds those that nobody may need. Used by one thread. */
final class Doubts {
    private static final int READ_BYTES = 1 << 16;

    private final Path root;
    private final Runnable check;
    private final Consumer<Progress> follower;
    private final Map<String, String> originals = new HashMap<>();
    private long bytesRead;

    /**
     * @param root paths are told relative to it
     * @param check throws when the batch is to stop; called at every piece of a file that is read
     * @param follower is told after each file
     */
    Doubts(Path root, Runnable check, Consumer<Progress> follower) {
        this.root = root;
        this.check = check;
        this.follower = follower;
    }

    /** Regular files under a directory, in the order of their names; the bin and links are left alone. */
    List<Path> files(Path directory) throws IOException {
        Path bin = root.resolve(Bin.NAME);
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(file -> !file.startsWith(bin))
                    .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .sorted()
                    .toList();
        }
    }

    /** What there is to ask about, in the order of the files. */
    List<Doubt> find(List<Path> files) throws IOException {
        List<Doubt> doubts = new ArrayList<>();
        int read = 0;
        for (Path file : files) {
            check.run();
            String path = root.relativize(file).toString();
            long bytes = Files.size(file);
            Doubt.Builder doubt = Doubt.newBuilder().setPath(path).setBytes(bytes);
            String original = originals.putIfAbsent(digest(file), path);
            if (bytes == 0) {
                doubts.add(doubt.setReason(Doubt.Reason.EMPTY).build());
            } else if (original != null) {
                doubts.add(doubt.setReason(Doubt.Reason.DUPLICATE).setOriginal(original).build());
            }
            follower.accept(Progress.newBuilder()
                    .setFiles(files.size())
                    .setFilesRead(++read)
                    .setBytesRead(bytesRead)
                    .build());
        }
        return doubts;
    }

    private String digest(Path file) throws IOException {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[READ_BYTES];
        try (InputStream content = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                check.run();
                digest.update(buffer, 0, read);
                bytesRead += read;
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
