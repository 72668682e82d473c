package dev.homeport.chaos.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Stacks of all threads of processes, for the moment at which something has no end. Any thread. */
public final class Stacks {
    private static final int LIMIT_SECONDS = 20;

    private Stacks() {}

    /** Prints them to standard output, under what happened. */
    public static void print(String what, long... pids) {
        System.out.println("HANG: " + what);
        for (long pid : pids) {
            System.out.println("stacks of process " + pid + ":");
            try {
                print(pid);
            } catch (IOException e) {
                System.out.println("not to be had: " + e);
            }
        }
    }

    private static void print(long pid) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process process = new ProcessBuilder(jcmd, Long.toString(pid), "Thread.print")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                System.out.println("not to be had in " + LIMIT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
    }
}
