package dev.homeport.examples.approvals;

import dev.homeport.Peer;
import dev.homeport.examples.approvals.proto.BatchesGrpc;
import dev.homeport.examples.approvals.proto.Doubt;
import dev.homeport.examples.approvals.proto.TidyReply;
import dev.homeport.examples.approvals.proto.TidyRequest;
import dev.homeport.examples.approvals.proto.Verdict;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tidies one directory up for its callers, one batch at a time. Thread-safe. A batch runs on the thread of its call,
 * which waits for answers meanwhile.
 */
final class BatchService extends BatchesGrpc.BatchesImplBase {
    private final Path root;
    private final Bin bin;
    private final Duration patience;
    /** Guards the directory: two batches would ask about the same files. Held while a client is asked. */
    private final ReentrantLock batchLock = new ReentrantLock();

    /**
     * @param root directory that is served
     * @param patience how long a client may think about a file
     */
    BatchService(Path root, Duration patience) throws IOException {
        this.root = root.toRealPath();
        this.bin = Bin.open(this.root);
        this.patience = patience;
    }

    @Override
    public void tidy(TidyRequest request, StreamObserver<TidyReply> reply) {
        if (!batchLock.tryLock()) {
            reply.onError(Status.ABORTED.withDescription("another batch is being done").asRuntimeException());
            return;
        }
        TidyReply done;
        try (AskedCaller caller = new AskedCaller(Peer.current(), patience)) {
            done = tidy(directory(request.getDirectory()), caller);
        } catch (StatusRuntimeException e) {
            reply.onError(e);
            return;
        } catch (IOException | RuntimeException e) {
            reply.onError(Status.INTERNAL.withDescription("the batch failed").withCause(e).asRuntimeException());
            return;
        } finally {
            batchLock.unlock();
        }
        reply.onNext(done);
        reply.onCompleted();
    }

    private Path directory(String name) throws IOException {
        try {
            Path directory = root.resolve(name).normalize();
            if (directory.startsWith(root)
                    && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                    && directory.toRealPath().equals(directory)) {
                return directory;
            }
        } catch (InvalidPathException e) {
            // Like any other that is not there.
        }
        throw Status.NOT_FOUND.withDescription("no such directory: " + name).asRuntimeException();
    }

    /** Nothing is moved before everything is answered. */
    private TidyReply tidy(Path directory, AskedCaller caller) throws IOException {
        Doubts doubts = new Doubts(root, AskedCaller::requireWaiting, caller::tell);
        List<Path> files = doubts.files(directory);
        List<Doubt> givenUp = new ArrayList<>();
        for (Doubt doubt : doubts.find(files)) {
            Verdict.Choice choice = caller.ask(doubt);
            if (choice == Verdict.Choice.STOP) {
                throw Status.ABORTED.withDescription("stopped by the caller").asRuntimeException();
            }
            if (choice == Verdict.Choice.BIN) {
                givenUp.add(doubt);
            }
        }
        TidyReply.Builder reply = TidyReply.newBuilder().setFiles(files.size());
        if (!givenUp.isEmpty()) {
            reply.setBin(root.relativize(move(givenUp)).toString());
            givenUp.forEach(doubt -> reply.addBinned(doubt.getPath()));
        }
        return reply.build();
    }

    private Path move(List<Doubt> givenUp) throws IOException {
        try (Bin.Batch batch = bin.newBatch()) {
            for (Doubt doubt : givenUp) {
                AskedCaller.requireWaiting();
                Path file = root.resolve(doubt.getPath());
                if (Files.size(file) != doubt.getBytes()) {
                    throw Status.ABORTED
                            .withDescription("changed since it was read: " + doubt.getPath())
                            .asRuntimeException();
                }
                batch.take(file);
            }
            AskedCaller.requireWaiting();
            return batch.keep();
        }
    }
}
