package dev.homeport.examples.approvals;

import dev.homeport.examples.approvals.proto.Doubt;
import dev.homeport.examples.approvals.proto.Verdict;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;

/** How a client answers. Called by one thread at a time. */
interface Policy {
    Verdict.Choice decide(Doubt doubt);

    /**
     * Decides by names, without a person. What is to be kept is stronger; what no pattern names goes on to another.
     *
     * @param kept patterns such as {@code *.key} or {@code letters/**}
     * @param binned the same
     */
    static Policy byName(List<String> kept, List<String> binned, Policy otherwise) {
        List<PathMatcher> keep = matchers(kept);
        List<PathMatcher> bin = matchers(binned);
        return doubt -> {
            if (matches(keep, doubt)) {
                return Verdict.Choice.KEEP;
            }
            return matches(bin, doubt) ? Verdict.Choice.BIN : otherwise.decide(doubt);
        };
    }

    private static List<PathMatcher> matchers(List<String> patterns) {
        return patterns.stream()
                .map(pattern -> FileSystems.getDefault().getPathMatcher("glob:" + pattern))
                .toList();
    }

    /** By the path, or by its last name alone. */
    private static boolean matches(List<PathMatcher> patterns, Doubt doubt) {
        Path path = Path.of(doubt.getPath());
        return patterns.stream().anyMatch(pattern -> pattern.matches(path) || pattern.matches(path.getFileName()));
    }

    /** Keeps everything. */
    static Policy keep() {
        return doubt -> Verdict.Choice.KEEP;
    }

    /** Asks a person, who may also stop the batch; the end of the answers stops it. */
    static Policy ask(BufferedReader answers, PrintWriter questions) {
        return doubt -> {
            try {
                while (true) {
                    questions.println(question(doubt));
                    questions.flush();
                    String answer = answers.readLine();
                    switch (answer == null ? "s" : answer.strip()) {
                        case "b" -> {
                            return Verdict.Choice.BIN;
                        }
                        case "k" -> {
                            return Verdict.Choice.KEEP;
                        }
                        case "s" -> {
                            return Verdict.Choice.STOP;
                        }
                        default -> questions.println("b, k or s.");
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private static String question(Doubt doubt) {
        String why = doubt.getReason() == Doubt.Reason.DUPLICATE
                ? "(" + doubt.getBytes() + " bytes) is the same as " + doubt.getOriginal()
                : "is empty";
        return doubt.getPath() + " " + why + ". (b)in, (k)eep, (s)top?";
    }
}
