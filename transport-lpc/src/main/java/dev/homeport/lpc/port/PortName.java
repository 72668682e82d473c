package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.UnixSocket;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Name of a connection port, and the files it has in a runtime directory. The files carry the network
 * namespace, as the same TCP address means another server in another namespace.
 *
 * @param text 1 to {@link #MAX_CHARS} letters, digits, dots, underscores and dashes
 */
record PortName(String text) {
    static final int MAX_CHARS = 64;

    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9._-]{1," + MAX_CHARS + "}");

    PortName {
        if (!ALLOWED.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "not a port name: lengthChars=" + text.length() + ", allowed are 1 to " + MAX_CHARS
                            + " letters, digits, '.', '_' and '-'");
        }
    }

    /** The name of the server that listens on a TCP address. */
    static PortName ofTcp(InetSocketAddress address) {
        InetAddress host = address.getAddress();
        if (host == null) {
            throw new IllegalArgumentException("not resolved: " + address);
        }
        return new PortName("tcp-" + address.getPort() + "-" + (host.isAnyLocalAddress() ? "any" : text(host)));
    }

    // The zone of a link-local address is left out, and colons are no characters of a name.
    private static String text(InetAddress host) {
        String address = host.getHostAddress();
        return host instanceof Inet6Address ? address.replaceFirst("%.*", "").replace(':', '-') : address;
    }

    /** The socket clients connect to. */
    Path socketIn(Path directory) throws IOException {
        Path path = directory.resolve(file(".sock"));
        int lengthBytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (lengthBytes > UnixSocket.MAX_PATH_BYTES) {
            throw new IOException("socket path too long: lengthBytes=" + lengthBytes + ", maxBytes="
                    + UnixSocket.MAX_PATH_BYTES + ", path=" + path
                    + "; set homeport.dir to a shorter directory or choose a shorter name");
        }
        return path;
    }

    /** The socket before it is published; not longer than {@link #socketIn}. */
    Path newSocketIn(Path directory) {
        return directory.resolve(file(".new"));
    }

    /** What the server that has the name holds locked; its pid stands in it. */
    Path lockIn(Path directory) {
        return directory.resolve(file(".lock"));
    }

    private String file(String ending) {
        return text + "@" + Namespace.INODE + ending;
    }

    /** The network namespace of this process; processes do not change theirs once they run Java. */
    private static final class Namespace {
        static final String INODE = read();

        private static String read() {
            try {
                String link = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
                return link.replaceAll("\\D", "");
            } catch (IOException | UnsupportedOperationException e) {
                return "unknown";
            }
        }
    }
}
