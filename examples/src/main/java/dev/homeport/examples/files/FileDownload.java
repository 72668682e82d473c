package dev.homeport.examples.files;

import com.google.protobuf.UnsafeByteOperations;
import dev.homeport.examples.files.proto.Chunk;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One file on its way to a client: reads on whenever the client is ready for more, and so never holds more than a
 * chunk. Owns the open file; called by the call's listener, one call after the other.
 */
final class FileDownload implements Runnable {
    /** Large enough that the work per chunk is copying, and far below the limit of a message. */
    static final int CHUNK_BYTES = 256 * 1024;

    private final ServerCallStreamObserver<Chunk> reply;
    private final InputStream input;
    private boolean ended;

    private FileDownload(Path file, ServerCallStreamObserver<Chunk> reply) throws IOException {
        this.reply = reply;
        this.input = Files.newInputStream(file);
    }

    /** Opens the file and sends it as the client asks for it. */
    static void start(Path file, ServerCallStreamObserver<Chunk> reply) throws IOException {
        FileDownload download = new FileDownload(file, reply);
        reply.setOnReadyHandler(download);
        reply.setOnCancelHandler(download::close);
        reply.setOnCloseHandler(download::close);
    }

    @Override
    public void run() {
        try {
            while (!ended && reply.isReady()) {
                sendChunk();
            }
        } catch (IOException e) {
            ended = true;
            close();
            reply.onError(Status.DATA_LOSS.withCause(e).withDescription("cannot read on").asRuntimeException());
        }
    }

    private void sendChunk() throws IOException {
        byte[] content = input.readNBytes(CHUNK_BYTES);
        if (content.length > 0) {
            // The array is this chunk's own.
            reply.onNext(Chunk.newBuilder()
                    .setContent(UnsafeByteOperations.unsafeWrap(content))
                    .build());
        }
        if (content.length < CHUNK_BYTES) {
            ended = true;
            close();
            reply.onCompleted();
        }
    }

    private void close() {
        try {
            input.close();
        } catch (IOException e) {
            // It was only read.
        }
    }
}
