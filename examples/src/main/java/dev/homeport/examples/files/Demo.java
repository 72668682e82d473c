package dev.homeport.examples.files;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Mirrors the tree of this Java's own JDK from one process to another, first with the route {@code auto}, then with
 * {@code remote}. Nothing but the configuration differs. Prints one line per route, and leaves nothing behind.
 */
public final class Demo {
    private static final List<String> ROUTES = List.of("auto", "remote");
    private static final String ROW = "%-8s %7s %14s %8s %10s  %s%n";
    private static final int END_SECONDS = 5;

    private final Path tree;

    private Demo(Path tree) {
        this.tree = tree;
    }

    /** Runs the demo over the directory that is named, or over the JDK's. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path tree = Path.of(arguments.length > 0 ? arguments[0] : System.getProperty("java.home"));
        System.out.println("Mirroring " + tree + " from one process to another, every file verified by SHA-256.");
        List<Report> reports = new ArrayList<>();
        for (String route : ROUTES) {
            reports.add(new Demo(tree).run(route));
        }
        print(reports);
    }

    private Report run(String route) throws IOException, InterruptedException {
        Process server = start(route, FilesServer.class, tree.toString(), "0");
        try (TemporaryDirectory copy = TemporaryDirectory.create("homeport-demo-");
                BufferedReader serverLines = server.inputReader()) {
            String port = await(serverLines, line -> line.startsWith(FilesServer.LISTENING))
                    .substring(FilesServer.LISTENING.length());
            return mirror(route, "localhost:" + port, copy.path());
        } finally {
            end(server);
        }
    }

    private static Report mirror(String route, String target, Path directory)
            throws IOException, InterruptedException {
        Process client = start(route, FilesClient.class, "mirror", target, directory.toString());
        try (BufferedReader clientLines = client.inputReader()) {
            return Report.fromLine(await(clientLines, Report::isLine));
        } finally {
            end(client);
        }
    }

    private static Process start(String route, Class<?> program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("HOMEPORT_ROUTE", route);
        Process process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        return process;
    }

    private static String await(BufferedReader lines, Predicate<String> wanted) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (wanted.test(line)) {
                return line;
            }
        }
        throw new IOException("the process ended before it was ready");
    }

    private static void end(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }

    private static void print(List<Report> reports) {
        System.out.printf(Locale.ROOT, ROW, "route", "files", "bytes", "time", "calls/s", "as the client saw it");
        for (int i = 0; i < reports.size(); i++) {
            Report report = reports.get(i);
            System.out.printf(
                    Locale.ROOT,
                    ROW,
                    ROUTES.get(i),
                    String.format(Locale.ROOT, "%,d", report.files()),
                    String.format(Locale.ROOT, "%,d", report.bytes()),
                    String.format(Locale.ROOT, "%.2f s", report.seconds()),
                    String.format(Locale.ROOT, "%,.0f", report.callsPerSecond()),
                    report.route());
            if (!report.carried().isEmpty()) {
                System.out.println("         messages received: " + report.carried());
            }
        }
    }
}
