package dev.homeport.lpc;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A second JVM with this one's class path. Ends with the test, by force if need be. */
public final class ChildJvm implements AutoCloseable {
    private static final long BOUND_SECONDS = 30;

    private final Process process;
    private final BufferedReader output;

    private ChildJvm(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    public static ChildJvm start(List<String> options, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return new ChildJvm(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    /** The next line it prints; the child must print or end. */
    public String line() throws IOException {
        return String.valueOf(output.readLine());
    }

    /** Writes a line to its standard input. */
    public void tell(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    public int pid() {
        return (int) process.pid();
    }

    /** Ends its standard input, which children take as the sign to end in good order. */
    public boolean end() throws Exception {
        process.getOutputStream().close();
        return process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS);
    }

    /** kill -9. */
    public boolean kill() throws InterruptedException {
        process.destroyForcibly();
        return process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
