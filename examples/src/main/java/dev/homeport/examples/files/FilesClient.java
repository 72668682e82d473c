package dev.homeport.examples.files;

import dev.homeport.examples.files.proto.AboutRequest;
import dev.homeport.examples.files.proto.FilesGrpc;
import dev.homeport.examples.files.proto.FilesGrpc.FilesBlockingStub;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Mirrors a served tree and verifies every file: {@code FilesClient mirror <target> <local directory>}. Then makes
 * small calls for a while, to tell how many there are in a second.
 */
public final class FilesClient {
    private static final long WARM_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(1_000);
    private static final long SMALL_CALLS_NANOS = TimeUnit.MILLISECONDS.toNanos(1_000);
    private static final double MEGABYTE = 1e6;

    private FilesClient() {}

    /** Prints what was copied, how fast, and by which way. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3 || !arguments[0].equals("mirror")) {
            System.err.println("usage: FilesClient mirror <target> <local directory>");
            System.exit(2);
        }
        Report report = mirror(arguments[1], Path.of(arguments[2]));
        System.out.printf(
                Locale.ROOT,
                "%,d files, %,d bytes in %.2f s, %.0f MB/s, all verified; %,.0f small calls/s; %s%n",
                report.files(),
                report.bytes(),
                report.seconds(),
                report.bytes() / report.seconds() / MEGABYTE,
                report.callsPerSecond(),
                report.route());
        if (!report.carried().isEmpty()) {
            System.out.println("messages received: " + report.carried());
        }
        System.out.println(report.toLine());
    }

    /** Mirrors the tree of that server into the directory. */
    static Report mirror(String target, Path directory) throws IOException {
        RouteSeen seen = new RouteSeen();
        ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .intercept(seen)
                .build();
        try {
            FilesBlockingStub server = FilesGrpc.newBlockingStub(channel);
            long start = System.nanoTime();
            Mirror.Copied copied = new Mirror(server, directory).run();
            double seconds = (System.nanoTime() - start) / 1e9;
            smallCallsPerSecond(server, WARM_UP_NANOS);
            double calls = smallCallsPerSecond(server, SMALL_CALLS_NANOS);
            return new Report(seen.route(), copied.files(), copied.bytes(), seconds, calls, seen.carried());
        } finally {
            channel.shutdownNow();
        }
    }

    private static double smallCallsPerSecond(FilesBlockingStub server, long durationNanos) {
        long start = System.nanoTime();
        long calls = 0;
        long now = start;
        while (now - start < durationNanos) {
            server.about(AboutRequest.getDefaultInstance());
            calls++;
            now = System.nanoTime();
        }
        return calls * 1e9 / (now - start);
    }
}
