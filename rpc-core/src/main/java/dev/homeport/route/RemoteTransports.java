package dev.homeport.route;

import dev.homeport.spi.RemoteTransport;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ServiceLoader;

/** Finds the remote transport of this process, and says which targets need none. */
public final class RemoteTransports {
    private RemoteTransports() {}

    private static final class Holder {
        static final RemoteTransport OF_PROCESS = ServiceLoader.load(
                        RemoteTransport.class, RemoteTransport.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "no remote transport among the jars; add dev.homeport:transport-tcp"));
    }

    /** @throws IllegalStateException if there is none among the jars */
    public static RemoteTransport ofProcess() {
        return Holder.OF_PROCESS;
    }

    /** Whether a target names a connection port by itself. */
    public static boolean isWithoutTcp(String target) {
        return TargetAddress.isLpc(target);
    }

    /** A target of host and port; addresses of IPv6 get their brackets. */
    public static String authority(String host, int port) {
        try {
            return new URI(null, null, host, port, null, null, null).getAuthority();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("Invalid host or port: " + host + " " + port, e);
        }
    }
}
