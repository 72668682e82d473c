package dev.homeport.lpc.port;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Descriptors of this process that one user's connections may take. A thousand connections are two thousand
 * descriptors, and a process often has no more than 1,024: without a bound one user could leave none to TCP, to the
 * program's files, and to everybody else.
 */
final class DescriptorBound {
    /** Names the property with the descriptors of one user. */
    static final String PROPERTY = "homeport.limit.descriptors";

    /** What a connection keeps: its end of the pair, and the peer's process. */
    static final int OF_CONNECTION = 2;

    /** One user's share of what the process may open: the rest is for others, and for the program itself. */
    private static final int SHARE = 2;

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String OPEN_FILES = "Max open files";

    private DescriptorBound() {}

    /** As configured; else half of what the process may open. */
    static int ofProcess() {
        Integer configured = Integer.getInteger(PROPERTY);
        return configured != null ? Math.max(OF_CONNECTION, configured) : Math.max(OF_CONNECTION, softLimit() / SHARE);
    }

    private static int softLimit() {
        try {
            return parse(Files.readAllLines(LIMITS));
        } catch (IOException e) {
            return Integer.MAX_VALUE;
        }
    }

    /** The soft limit among the lines of {@code /proc/PID/limits}; no bound if it is not there, or unlimited. */
    static int parse(List<String> lines) {
        for (String line : lines) {
            if (line.startsWith(OPEN_FILES)) {
                String soft = line.substring(OPEN_FILES.length()).strip().split("\\s+")[0];
                try {
                    return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(soft));
                } catch (NumberFormatException unlimited) {
                    return Integer.MAX_VALUE;
                }
            }
        }
        return Integer.MAX_VALUE;
    }
}
