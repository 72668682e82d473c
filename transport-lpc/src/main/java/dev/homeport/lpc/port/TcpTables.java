package dev.homeport.lpc.port;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's tables of TCP sockets as text, {@code /proc/net/tcp} and {@code tcp6}: the slow way to the
 * listeners, for processes that may not use netlink. Stateless.
 */
final class TcpTables {
    private static final String LISTEN = "0A";
    private static final int LOCAL = 1;
    private static final int STATE = 3;
    private static final int UID = 7;
    private static final int INODE = 9;
    private static final int FIELDS = 10;

    private final Path directory;

    TcpTables(Path directory) {
        this.directory = directory;
    }

    List<TcpListeners.Listener> onPort(int port) throws IOException {
        List<TcpListeners.Listener> listeners = new ArrayList<>();
        addFrom(directory.resolve("tcp"), port, listeners);
        try {
            addFrom(directory.resolve("tcp6"), port, listeners);
        } catch (NoSuchFileException noIpv6) {
            // A kernel without IPv6 has no such listeners.
        }
        return listeners;
    }

    // The kernel writes all that listen before all that do not, so the connections behind them are not read.
    private static void addFrom(Path table, int port, List<TcpListeners.Listener> listeners) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(table, StandardCharsets.US_ASCII)) {
            lines.readLine();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.strip().split("\\s+");
                if (fields.length < FIELDS || !fields[STATE].equals(LISTEN)) {
                    return;
                }
                TcpListeners.Listener listener = parse(fields, port);
                if (listener != null) {
                    listeners.add(listener);
                }
            }
        }
    }

    private static TcpListeners.@Nullable Listener parse(String[] fields, int port) throws UnknownHostException {
        String local = fields[LOCAL];
        int colon = local.indexOf(':');
        if (Integer.parseInt(local, colon + 1, local.length(), 16) != port) {
            return null;
        }
        byte[] address = HexFormat.of().parseHex(local, 0, colon);
        swapWords(address);
        return TcpListeners.listener(
                address, port, false, Integer.parseUnsignedInt(fields[UID]), Long.parseUnsignedLong(fields[INODE]));
    }

    // The kernel prints each 32-bit word of the address as a number of this, little-endian, machine.
    private static void swapWords(byte[] address) {
        for (int i = 0; i < address.length; i += 4) {
            byte first = address[i];
            byte second = address[i + 1];
            address[i] = address[i + 3];
            address[i + 1] = address[i + 2];
            address[i + 2] = second;
            address[i + 3] = first;
        }
    }
}
