package dev.homeport.testkit.process;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Signals that Java cannot send by itself; sent by {@code kill} of the shell, which every Linux has. */
enum Signal {
    STOP,
    CONTINUE;

    void send(long pid) {
        String name = this == STOP ? "STOP" : "CONT";
        try {
            Process shell = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid)
                    .inheritIO()
                    .start();
            if (shell.waitFor() != 0) {
                throw new AssertionError("cannot send SIG" + name + " to " + pid);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
