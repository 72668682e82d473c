package dev.homeport;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * The address of a peer that was named by TCP but is reached locally. It is an {@link InetSocketAddress}
 * because programs cast {@code Grpc.TRANSPORT_ATTR_REMOTE_ADDR} to that; the port of a client, which has
 * no TCP socket, is 0.
 */
public final class LocalInetAddress extends InetSocketAddress {
    private static final long serialVersionUID = 1;

    private final String portName;

    public LocalInetAddress(InetAddress address, int port, String portName) {
        super(address, port);
        this.portName = Objects.requireNonNull(portName, "portName");
    }

    /** Name of the connection port behind this address. */
    public String portName() {
        return portName;
    }

    @Override
    public String toString() {
        return super.toString() + " by lpc:" + portName;
    }
}
