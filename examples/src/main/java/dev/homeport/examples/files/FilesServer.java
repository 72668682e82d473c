package dev.homeport.examples.files;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import java.io.IOException;
import java.nio.file.Path;

/** Serves one directory tree: {@code FilesServer <root> <port>}; port 0 takes a free one. */
public final class FilesServer {
    /** Begins the line that tells the port. */
    static final String LISTENING = "listening on ";

    private FilesServer() {}

    /** Serves until the process is ended. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 2) {
            System.err.println("usage: FilesServer <root> <port>");
            System.exit(2);
        }
        Server server = start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        System.out.println(LISTENING + server.getPort());
        server.awaitTermination();
    }

    /** Starts a server for the tree under that root. */
    static Server start(Path root, int port) throws IOException {
        return Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create())
                .addService(new FilesService(new FileTree(root)))
                .build()
                .start();
    }
}
