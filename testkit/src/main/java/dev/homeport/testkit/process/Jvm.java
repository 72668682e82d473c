package dev.homeport.testkit.process;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A child JVM that runs one main class. Test and child talk by lines: the child's standard output is read here, its
 * standard input is written by {@link #send}. Every wait has a deadline. The test that started it closes it; if the
 * test's JVM ends without that, a shutdown hook kills the child. Used by one thread.
 */
public final class Jvm implements AutoCloseable {
    /** Options that every JVM of a test has. */
    public static final List<String> OPTIONS =
            List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    // A first call that finds the machine too busy goes remote: tests of the local route wait.
                    "-Dhomeport.connect.wait=10s");
    /** A JVM needs half a second to start here; a busy machine may need ten times that. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int KEPT_ERROR_LINES = 400;
    private static final String END = "\0end of output";

    private final Process process;
    private final Writer input;
    private final Thread killer;
    private final BlockingQueue<String> output = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> errors = new LinkedBlockingQueue<>(KEPT_ERROR_LINES);
    private final List<String> seen = new ArrayList<>();

    private Jvm(Process process) {
        this.process = process;
        this.input = process.outputWriter();
        this.killer = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(killer);
        Thread.ofVirtual().start(() -> drain(process.inputReader(), output, true));
        Thread.ofVirtual().start(() -> drain(process.errorReader(), errors, false));
    }

    /** How a child is to be started; a value, changed by copies. */
    public record Launch(
            List<String> java,
            String main,
            List<String> classPath,
            List<String> options,
            Map<String, String> environment) {
        /** That main class with this JVM's own program, its class path and the usual options. */
        public static Launch of(Class<?> main) {
            return of(Path.of(System.getProperty("java.home"), "bin", "java"), main.getName())
                    .classPath(ownClassPath())
                    .options(OPTIONS);
        }

        /** That main class on a JVM of choice, without any option. */
        public static Launch of(Path java, String main) {
            return new Launch(List.of(java.toString()), main, List.of(), List.of(), Map.of());
        }

        /** Behind another program, which starts it, such as {@code setpriv --reuid=65534}. */
        public Launch behind(String... program) {
            List<String> command = new ArrayList<>(List.of(program));
            command.addAll(java);
            return new Launch(List.copyOf(command), main, classPath, options, environment);
        }

        /** With this class path. */
        public Launch classPath(List<String> entries) {
            return new Launch(java, main, List.copyOf(entries), options, environment);
        }

        /** With these options of the JVM. */
        public Launch options(List<String> all) {
            return new Launch(java, main, classPath, List.copyOf(all), environment);
        }

        /** Leaves out of the class path what matches. */
        public Launch without(Predicate<String> entry) {
            List<String> rest = classPath.stream().filter(entry.negate()).toList();
            return classPath(rest);
        }

        /** Adds an option of the JVM. */
        public Launch option(String option) {
            List<String> more = new ArrayList<>(options);
            more.add(option);
            return options(more);
        }

        /** Leaves out an option that every JVM of a test has. */
        public Launch withoutOption(String option) {
            return options(options.stream().filter(given -> !given.equals(option)).toList());
        }

        /** Sets an environment variable. */
        public Launch environment(String name, String value) {
            Map<String, String> more = new HashMap<>(environment);
            more.put(name, value);
            return new Launch(java, main, classPath, options, Map.copyOf(more));
        }

        /** Starts it. */
        public Jvm start(String... arguments) {
            List<String> command = new ArrayList<>(java);
            command.addAll(options);
            command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), main));
            command.addAll(List.of(arguments));
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().putAll(environment);
            try {
                return new Jvm(builder.start());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The class path of this JVM, as surefire gives it or as it was started with. */
    public static List<String> ownClassPath() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return List.of(path.split(File.pathSeparator));
    }

    /** Starts that main class with the class path of this JVM. */
    public static Jvm start(Class<?> main, String... arguments) {
        return Launch.of(main).start(arguments);
    }

    private static void drain(BufferedReader reader, BlockingQueue<String> lines, boolean told) {
        try (reader) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                while (!lines.offer(line)) {
                    lines.poll();
                }
            }
        } catch (IOException e) {
            // The process is gone; so is its output.
        } finally {
            if (told) {
                lines.add(END);
            }
        }
    }

    /** The process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it still runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Writes a line to the child. */
    public void send(String line) {
        try {
            input.write(line + "\n");
            input.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the child does not read: " + describe(), e);
        }
    }

    /** The child finds the end of its standard input. */
    public void endInput() {
        try {
            input.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the child does not read: " + describe(), e);
        }
    }

    /** The next line that starts so, without that start; lines before it are skipped. */
    public String awaitLine(String start) {
        return awaitLine(start, PATIENCE);
    }

    /** The same with another deadline. */
    public String awaitLine(String start, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            String line = nextLine(deadline - System.nanoTime());
            if (line == null || line.equals(END)) {
                throw new AssertionError("no line \"" + start + "\" within " + patience + ": " + describe());
            }
            seen.add(line);
            if (line.startsWith(start)) {
                return line.substring(start.length());
            }
        }
    }

    /** All lines before the one that is just this. */
    public List<String> awaitLinesUntil(String last) {
        int first = seen.size();
        while (!awaitLine("").equals(last)) {
            // Each line is kept as it is seen.
        }
        return List.copyOf(seen.subList(first, seen.size() - 1));
    }

    /** Waits for the end of its output, and gives all lines that nobody has read. */
    public List<String> awaitLinesToEnd() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        List<String> lines = new ArrayList<>();
        while (true) {
            String line = nextLine(deadline - System.nanoTime());
            if (line == null) {
                throw new AssertionError("no end of output within " + PATIENCE + ": " + describe());
            }
            if (line.equals(END)) {
                return lines;
            }
            seen.add(line);
            lines.add(line);
        }
    }

    private @Nullable String nextLine(long nanos) {
        try {
            return output.poll(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Waits for the end of the process and returns its exit code; 128 and the signal's number if one ended it. */
    public int awaitExit() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("still running after " + PATIENCE + ": " + describe());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** SIGKILL: ends it at whatever instruction it is, and waits until it is reaped. */
    public void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** SIGSTOP: it runs no more until {@link #resume()}; returns when every thread of it stands. */
    public void freeze() {
        Signal.STOP.send(pid());
        ProcSnapshot.awaitState(pid(), 'T');
    }

    /** SIGCONT. */
    public void resume() {
        Signal.CONTINUE.send(pid());
    }

    /** The last lines of its standard error. */
    public String errors() {
        return errors.stream().collect(Collectors.joining("\n"));
    }

    private String describe() {
        return "pid=" + pid() + ", alive=" + isAlive() + ", lines=" + seen + ", errors:\n" + errors();
    }

    /** Kills it if it still runs, and reaps it. Closing twice is quiet. */
    @Override
    public void close() {
        kill();
        try {
            Runtime.getRuntime().removeShutdownHook(killer);
        } catch (IllegalStateException e) {
            // This JVM is ending; the hook runs.
        }
    }
}
