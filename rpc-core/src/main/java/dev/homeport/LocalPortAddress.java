package dev.homeport;

import java.net.SocketAddress;
import java.util.Objects;

/** The address of a connection port that is known by its name alone, as in {@code lpc:NAME}. */
public final class LocalPortAddress extends SocketAddress {
    private static final long serialVersionUID = 1;

    private final String portName;

    public LocalPortAddress(String portName) {
        this.portName = Objects.requireNonNull(portName, "portName");
    }

    public String portName() {
        return portName;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LocalPortAddress that && portName.equals(that.portName);
    }

    @Override
    public int hashCode() {
        return portName.hashCode();
    }

    @Override
    public String toString() {
        return "lpc:" + portName;
    }
}
