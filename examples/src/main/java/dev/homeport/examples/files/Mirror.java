package dev.homeport.examples.files;

import com.google.protobuf.ByteString;
import dev.homeport.examples.files.proto.Chunk;
import dev.homeport.examples.files.proto.FileEntry;
import dev.homeport.examples.files.proto.FilesGrpc.FilesBlockingStub;
import dev.homeport.examples.files.proto.HashRequest;
import dev.homeport.examples.files.proto.ListRequest;
import dev.homeport.examples.files.proto.ReadRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Copies a served tree into a local directory, and checks each file against the SHA-256 that the server tells. */
final class Mirror {
    private final FilesBlockingStub server;
    private final Path directory;

    Mirror(FilesBlockingStub server, Path directory) {
        this.server = server;
        this.directory = directory.toAbsolutePath().normalize();
    }

    /**
     * What was copied.
     *
     * @param files whose content is verified
     * @param bytes of their content
     */
    record Copied(int files, long bytes) {}

    /** Copies every file; fails at the first that does not verify. */
    Copied run() throws IOException {
        List<FileEntry> entries = new ArrayList<>();
        server.list(ListRequest.getDefaultInstance()).forEachRemaining(entries::add);
        long bytes = 0;
        for (FileEntry entry : entries) {
            bytes += copy(entry);
        }
        return new Copied(entries.size(), bytes);
    }

    private long copy(FileEntry entry) throws IOException {
        Path file = directory.resolve(entry.getPath()).normalize();
        if (!file.startsWith(directory)) {
            throw new IOException("the server names a file outside of the tree: " + entry.getPath());
        }
        Files.createDirectories(file.getParent());
        MessageDigest digest = Sha256.digest();
        long bytes = download(entry.getPath(), file, digest);
        verify(entry, bytes, ByteString.copyFrom(digest.digest()));
        return bytes;
    }

    private long download(String path, Path file, MessageDigest digest) throws IOException {
        Iterator<Chunk> chunks =
                server.read(ReadRequest.newBuilder().setPath(path).build());
        long bytes = 0;
        try (OutputStream output = Files.newOutputStream(file)) {
            while (chunks.hasNext()) {
                ByteString content = chunks.next().getContent();
                digest.update(content.asReadOnlyByteBuffer());
                content.writeTo(output);
                bytes += content.size();
            }
        }
        return bytes;
    }

    private void verify(FileEntry entry, long bytes, ByteString sha256) throws IOException {
        ByteString expected = server.hash(
                        HashRequest.newBuilder().setPath(entry.getPath()).build())
                .getSha256();
        if (bytes != entry.getBytes() || !sha256.equals(expected)) {
            throw new IOException("not the file that was sent: path=" + entry.getPath() + ", bytes=" + bytes
                    + ", expectedBytes=" + entry.getBytes());
        }
    }
}
