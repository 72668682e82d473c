package dev.homeport.testkit.process;

import dev.homeport.HomeportServerBuilder;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code CountingServer <name> <file> [takeover]}: a server on a connection port alone, which writes the sequence number of
 * each unary call to the end of a file before it answers. What it wrote is there even if it is killed the next
 * moment: what was executed can be counted. Runs until its standard input ends, then shuts down in good order.
 */
public final class CountingServer {
    /** The first line, once it is published. */
    public static final String READY = "ready";

    /** Answers what it has counted. */
    private static final class Counting extends EchoService {
        private final FileChannel log;

        Counting(FileChannel log) {
            this.log = log;
        }

        @Override
        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
            try {
                // One write, as several handlers append at once.
                log.write(ByteBuffer.allocate(Long.BYTES).putLong(request.getSequence()).flip());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            super.unary(request, reply);
        }
    }

    private CountingServer() {}

    /** Serves. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (FileChannel log = FileChannel.open(
                Path.of(arguments[1]), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            Server server = HomeportServerBuilder.forName(arguments[0])
                    .takeOver(arguments.length > 2)
                    .addService(new Counting(log))
                    .build()
                    .start();
            System.out.println(READY);
            Thread.ofPlatform().daemon().start(() -> shutDownAtEndOfInput(server));
            server.awaitTermination();
        }
    }

    private static void shutDownAtEndOfInput(Server server) {
        try {
            while (System.in.read() >= 0) {
                // Nothing is said to a server but to end.
            }
        } catch (IOException e) {
            // As good as its end.
        }
        server.shutdown();
    }

    /** The sequence numbers that servers wrote to this file, in their order. */
    public static List<Long> executed(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        List<Long> sequences = new ArrayList<>();
        while (bytes.remaining() >= Long.BYTES) {
            sequences.add(bytes.getLong());
        }
        return sequences;
    }
}
