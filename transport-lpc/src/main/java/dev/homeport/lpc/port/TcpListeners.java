package dev.homeport.lpc.port;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
 * The TCP sockets that listen in this process's network namespace, by the kernel's tables {@code /proc/net/tcp} and
 * {@code tcp6}. Stateless: each question reads them anew, up to the end of what listens.
 */
final class TcpListeners {
    private static final String LISTEN = "0A";
    private static final int LOCAL = 1;
    private static final int STATE = 3;
    private static final int UID = 7;
    private static final int INODE = 9;
    private static final int FIELDS = 10;
    private static final int IPV4_BYTES = 4;

    private final Path table4;
    private final Path table6;

    TcpListeners(Path directory) {
        table4 = directory.resolve("tcp");
        table6 = directory.resolve("tcp6");
    }

    /** @param isIpv6 whether the socket is of the IPv6 family; it may serve IPv4 all the same */
    record Listener(InetSocketAddress address, boolean isIpv6, int uid, long inode) {

        /** How well it fits a destination, as the kernel ranks listeners; 0 if not at all. */
        int rank(InetAddress destination) {
            InetAddress own = address.getAddress();
            if (own.equals(destination)) {
                return isIpv6 && destination instanceof Inet4Address ? 3 : 4;
            }
            if (!own.isAnyLocalAddress()) {
                return 0;
            }
            if (destination instanceof Inet4Address) {
                return isIpv6 ? 1 : 2;
            }
            return isIpv6 ? 1 : 0;
        }
    }

    /** Those that a connection to an address would reach: the best fit, or several that share it. */
    List<Listener> reachedBy(InetSocketAddress destination) throws IOException {
        List<Listener> best = new ArrayList<>();
        int bestRank = 1;
        for (Listener listener : onPort(destination.getPort())) {
            int rank = listener.rank(destination.getAddress());
            if (rank > bestRank) {
                best.clear();
                bestRank = rank;
            }
            if (rank == bestRank) {
                best.add(listener);
            }
        }
        return best;
    }

    private List<Listener> onPort(int port) throws IOException {
        List<Listener> listeners = new ArrayList<>();
        addFrom(table4, port, listeners);
        try {
            addFrom(table6, port, listeners);
        } catch (NoSuchFileException noIpv6) {
            // A kernel without IPv6 has no such listeners.
        }
        return listeners;
    }

    // The kernel writes all that listen before all that do not, so the many connections behind them are not read.
    private static void addFrom(Path table, int port, List<Listener> listeners) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(table, StandardCharsets.US_ASCII)) {
            lines.readLine();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.strip().split("\\s+");
                if (fields.length < FIELDS || !fields[STATE].equals(LISTEN)) {
                    return;
                }
                Listener listener = parse(fields, port);
                if (listener != null) {
                    listeners.add(listener);
                }
            }
        }
    }

    private static @Nullable Listener parse(String[] fields, int port) throws UnknownHostException {
        String local = fields[LOCAL];
        int colon = local.indexOf(':');
        if (Integer.parseInt(local, colon + 1, local.length(), 16) != port) {
            return null;
        }
        byte[] address = HexFormat.of().parseHex(local, 0, colon);
        swapWords(address);
        return new Listener(
                new InetSocketAddress(InetAddress.getByAddress(address), port),
                address.length > IPV4_BYTES,
                Integer.parseUnsignedInt(fields[UID]),
                Long.parseUnsignedLong(fields[INODE]));
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
