package dev.homeport.examples.files;

import dev.homeport.examples.files.proto.FileEntry;
import dev.homeport.examples.files.proto.WriteRequest;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * One file on its way from a client. It is written beside its place and renamed at the end, so that nobody sees half
 * of it. Owns the open file; called by the call's listener, one call after the other.
 */
final class FileUpload implements StreamObserver<WriteRequest> {
    private final FileTree tree;
    private final StreamObserver<FileEntry> reply;
    private @Nullable Path target;
    private @Nullable Path partial;
    private @Nullable OutputStream output;
    private boolean failed;

    FileUpload(FileTree tree, StreamObserver<FileEntry> reply) {
        this.tree = tree;
        this.reply = reply;
    }

    @Override
    public void onNext(WriteRequest part) {
        if (failed) {
            return;
        }
        try {
            write(part);
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    private void write(WriteRequest part) throws IOException {
        if (output == null) {
            target = tree.writable(part.getPath());
            partial = Files.createTempFile(target.getParent(), ".upload-", null);
            output = Files.newOutputStream(partial);
        }
        part.getContent().writeTo(output);
    }

    @Override
    public void onError(Throwable cause) {
        failed = true;
        discard();
    }

    @Override
    public void onCompleted() {
        if (failed) {
            return;
        }
        try {
            reply.onNext(publish());
            reply.onCompleted();
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    private FileEntry publish() throws IOException {
        if (output == null || partial == null || target == null) {
            throw Status.INVALID_ARGUMENT.withDescription("no path was sent").asRuntimeException();
        }
        output.close();
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return tree.entry(target);
    }

    private void fail(Exception cause) {
        failed = true;
        discard();
        reply.onError(FilesService.statusOf(cause));
    }

    private void discard() {
        try {
            if (output != null) {
                output.close();
            }
            if (partial != null) {
                Files.deleteIfExists(partial);
            }
        } catch (IOException e) {
            System.err.println("cannot remove " + partial + ": " + e);
        }
    }
}
