package dev.homeport.bench.agent;

import dev.homeport.bench.load.Parameters;
import dev.homeport.bench.rival.Rival;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An {@link Agent} from outside. Whoever starts it closes it; should the benchmark die, the agent ends by itself.
 * Used by one thread.
 */
final class AgentProcess implements AutoCloseable {
    private static final List<String> JVM_OPTIONS = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");
    private static final Duration START = Duration.ofSeconds(60);
    private static final long END_SECONDS = 30;
    private static final String END_OF_OUTPUT = "\0end";

    private final Process process;
    private final Writer commands;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final String name;
    private final String address;

    private AgentProcess(String name, Process process) throws IOException {
        this.name = name + " pid=" + process.pid();
        this.process = process;
        this.commands = process.outputWriter();
        Thread.ofVirtual().start(() -> readAnswers(process.inputReader()));
        this.address = await(Agent.READY, START);
    }

    /** @param prefix stands before the command; empty if nothing does */
    static AgentProcess server(Rival rival, List<String> prefix) throws IOException {
        return start(prefix, rival, Agent.SERVER, rival.label());
    }

    static AgentProcess client(Rival rival, List<String> prefix, String serverAddress) throws IOException {
        return start(prefix, rival, Agent.CLIENT, rival.label(), serverAddress);
    }

    private static AgentProcess start(List<String> prefix, Rival rival, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_OPTIONS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Agent.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("HOMEPORT_ROUTE", rival.route());
        return new AgentProcess(rival.label() + " " + arguments[0], builder.start());
    }

    private void readAnswers(BufferedReader lines) {
        try (lines) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                answers.add(line);
            }
        } catch (IOException e) {
            // The process is gone; so is its output.
        } finally {
            answers.add(END_OF_OUTPUT);
        }
    }

    private String await(String start, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            String line = next(deadline - System.nanoTime());
            if (line.startsWith(start)) {
                return line.substring(start.length());
            }
            if (line.startsWith(Agent.FAILED)) {
                throw new IOException(name + ": " + line.substring(Agent.FAILED.length()));
            }
        }
    }

    private String next(long nanos) throws IOException {
        try {
            String line = answers.poll(nanos, TimeUnit.NANOSECONDS);
            if (line == null || line.equals(END_OF_OUTPUT)) {
                throw new IOException(name + (line == null ? " does not answer" : " has ended"));
            }
            return line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    long pid() {
        return process.pid();
    }

    /** What the agent said when it was ready. */
    String address() {
        return address;
    }

    /** Has a command done. */
    Parameters ask(String command, Parameters parameters, Duration patience) throws IOException {
        commands.write(command + " " + parameters.toLine() + "\n");
        commands.flush();
        return Parameters.parse(await(Agent.DONE, patience));
    }

    /** Lets it end, and kills it if it does not. */
    @Override
    public void close() {
        try {
            commands.close();
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                System.err.println(name + " did not end by itself");
            }
        } catch (IOException e) {
            // It has ended already.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
    }
}
