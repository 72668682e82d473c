package dev.homeport.route;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Tells whether a host name means this host: every address it resolves to must be a loopback address, the
 * wildcard, or the address of an interface here. Asking may block in DNS, so only the threads of
 * {@link RouteThreads} ask. One for each channel; remembers its last answer for a while.
 */
final class HostAddresses {
    /** As long as the JVM itself remembers a name by default. */
    static final long REMEMBERED_NANOS = 30_000_000_000L;

    /** Name resolution, for tests to replace. */
    interface Resolver {
        List<InetAddress> resolve(String host) throws IOException;

        boolean isOurs(InetAddress address) throws IOException;
    }

    /** @param reason why it is not this host, or empty */
    record Answer(List<InetAddress> addresses, String reason) {
        boolean isThisHost() {
            return reason.isEmpty();
        }
    }

    private final String host;
    private final Resolver resolver;

    private Answer answer = new Answer(List.of(), "not asked yet");
    private long answeredAtNanos;
    private boolean answered;

    HostAddresses(String host) {
        this(host, new SystemResolver());
    }

    HostAddresses(String host, Resolver resolver) {
        this.host = host;
        this.resolver = resolver;
    }

    /** Resolves the host, or repeats the last answer while that is fresh. Blocks. */
    synchronized Answer ask(long nowNanos) {
        if (!answered || nowNanos - answeredAtNanos >= REMEMBERED_NANOS) {
            answer = resolve();
            answeredAtNanos = nowNanos;
            answered = true;
        }
        return answer;
    }

    private Answer resolve() {
        try {
            List<InetAddress> addresses = resolver.resolve(host);
            for (InetAddress address : addresses) {
                if (!resolver.isOurs(address)) {
                    return new Answer(List.of(), host + " is " + address.getHostAddress() + ", not this host");
                }
            }
            return new Answer(addresses, addresses.isEmpty() ? host + " has no address" : "");
        } catch (IOException e) {
            return new Answer(List.of(), host + " cannot be resolved: " + e);
        }
    }

    private static final class SystemResolver implements Resolver {
        @Override
        public List<InetAddress> resolve(String host) throws UnknownHostException {
            return List.of(InetAddress.getAllByName(host));
        }

        @Override
        public boolean isOurs(InetAddress address) throws SocketException {
            return address.isLoopbackAddress() || address.isAnyLocalAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        }
    }
}
