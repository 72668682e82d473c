package dev.homeport.examples.files;

import dev.homeport.examples.files.proto.AboutReply;
import dev.homeport.examples.files.proto.AboutRequest;
import dev.homeport.examples.files.proto.Chunk;
import dev.homeport.examples.files.proto.FileEntry;
import dev.homeport.examples.files.proto.FilesGrpc;
import dev.homeport.examples.files.proto.HashReply;
import dev.homeport.examples.files.proto.HashRequest;
import dev.homeport.examples.files.proto.ListRequest;
import dev.homeport.examples.files.proto.Match;
import dev.homeport.examples.files.proto.ReadRequest;
import dev.homeport.examples.files.proto.SearchRequest;
import dev.homeport.examples.files.proto.WriteRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.stream.Stream;

/** Serves a {@link FileTree}. Thread-safe, as the tree is; each call has its own state. */
final class FilesService extends FilesGrpc.FilesImplBase {
    private final FileTree tree;
    private final AboutReply about;

    FilesService(FileTree tree) {
        this.tree = tree;
        this.about = AboutReply.newBuilder().setName(tree.name()).build();
    }

    /** What a client is told of a failure: a status that a tree has thrown, or that of an I/O error. */
    static StatusRuntimeException statusOf(Exception cause) {
        if (cause instanceof StatusRuntimeException status) {
            return status;
        }
        return Status.INTERNAL
                .withDescription("I/O error: " + cause.getClass().getSimpleName())
                .withCause(cause)
                .asRuntimeException();
    }

    @Override
    public void about(AboutRequest request, StreamObserver<AboutReply> reply) {
        reply.onNext(about);
        reply.onCompleted();
    }

    @Override
    public void list(ListRequest request, StreamObserver<FileEntry> reply) {
        try (Stream<Path> files = tree.files(tree.existing(request.getPath()))) {
            for (Iterator<Path> each = files.iterator(); each.hasNext(); ) {
                reply.onNext(tree.entry(each.next()));
            }
            reply.onCompleted();
        } catch (IOException | RuntimeException e) {
            reply.onError(statusOf(e));
        }
    }

    @Override
    public void read(ReadRequest request, StreamObserver<Chunk> reply) {
        try {
            FileDownload.start(regular(request.getPath()), (ServerCallStreamObserver<Chunk>) reply);
        } catch (IOException | RuntimeException e) {
            reply.onError(statusOf(e));
        }
    }

    private Path regular(String path) throws IOException {
        Path file = tree.existing(path);
        if (!Files.isRegularFile(file)) {
            throw Status.FAILED_PRECONDITION.withDescription("not a file: " + path).asRuntimeException();
        }
        return file;
    }

    @Override
    public StreamObserver<WriteRequest> write(StreamObserver<FileEntry> reply) {
        return new FileUpload(tree, reply);
    }

    @Override
    public void hash(HashRequest request, StreamObserver<HashReply> reply) {
        try {
            reply.onNext(HashReply.newBuilder()
                    .setSha256(Sha256.of(regular(request.getPath())))
                    .build());
            reply.onCompleted();
        } catch (IOException | RuntimeException e) {
            reply.onError(statusOf(e));
        }
    }

    @Override
    public void search(SearchRequest request, StreamObserver<Match> reply) {
        ServerCallStreamObserver<Match> sink = (ServerCallStreamObserver<Match>) reply;
        // Without a handler of its own, a call that is cancelled would throw at the next match.
        sink.setOnCancelHandler(() -> {});
        long most = request.getMaxMatches() == 0 ? Long.MAX_VALUE : request.getMaxMatches();
        try (Stream<Path> files = tree.files(tree.existing(request.getPath()))) {
            for (Iterator<Path> each = files.iterator(); each.hasNext() && most > 0 && !sink.isCancelled(); ) {
                most -= searchFile(each.next(), request.getText(), most, sink);
            }
            if (!sink.isCancelled()) {
                reply.onCompleted();
            }
        } catch (IOException | RuntimeException e) {
            reply.onError(statusOf(e));
        }
    }

    /** Sends at most so many matches, and returns how many. A file that is not text has none. */
    private int searchFile(Path file, String text, long most, StreamObserver<Match> reply) throws IOException {
        int found = 0;
        int line = 0;
        String path = tree.entry(file).getPath();
        try (var reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (String content = reader.readLine(); content != null && found < most; content = reader.readLine()) {
                line++;
                if (content.contains(text)) {
                    found++;
                    reply.onNext(Match.newBuilder()
                            .setPath(path)
                            .setLine(line)
                            .setText(content)
                            .build());
                }
            }
        } catch (MalformedInputException e) {
            return found;
        }
        return found;
    }
}
