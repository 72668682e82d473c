package dev.homeport.testkit.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The kernel's own list of TCP connections of this network namespace. */
public final class TcpTable {
    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
    private static final String ESTABLISHED = "01";
    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int STATE = 3;
    private static final int HEXADECIMAL = 16;

    private TcpTable() {}

    /** Lines of established connections that have this port at either end. */
    public static List<String> established(int port) {
        List<String> found = new ArrayList<>();
        for (Path table : TABLES) {
            if (Files.exists(table)) {
                lines(table).filter(line -> isEstablished(line, port)).forEach(found::add);
            }
        }
        return found;
    }

    private static Stream<String> lines(Path table) {
        try {
            return Files.readAllLines(table).stream().skip(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isEstablished(String line, int port) {
        String[] fields = line.strip().split("\\s+");
        return fields[STATE].equals(ESTABLISHED) && (port(fields[LOCAL]) == port || port(fields[REMOTE]) == port);
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring(address.indexOf(':') + 1), HEXADECIMAL);
    }
}
