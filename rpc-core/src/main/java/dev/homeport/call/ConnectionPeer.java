package dev.homeport.call;

import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.PeerIdentity;
import io.grpc.Channel;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The peer of one connection by the kernel's word, which its port has. Any thread. */
final class ConnectionPeer implements Peer {
    private final FramePort port;
    private final PeerIdentity identity;
    private final Route route;
    private final @Nullable SocketAddress address;
    private final Channel callbacks;
    private final PeerEnd end = new PeerEnd();

    ConnectionPeer(FramePort port, Route route, @Nullable SocketAddress address, Channel callbacks) {
        this.port = port;
        this.identity = port.peer();
        this.route = route;
        this.address = address;
        this.callbacks = callbacks;
    }

    /** The connection has ended. */
    void gone() {
        end.happen();
    }

    @Override
    public Route route() {
        return route;
    }

    @Override
    public boolean isIdentified() {
        return true;
    }

    @Override
    public int uid() {
        return identity.uid();
    }

    @Override
    public int gid() {
        return identity.gid();
    }

    @Override
    public List<Integer> groups() {
        return identity.groups();
    }

    @Override
    public int pid() {
        return identity.pid();
    }

    @Override
    public boolean isPidVerified() {
        return identity.pidfdVerified();
    }

    @Override
    public @Nullable Path executable() {
        if (!identity.pidfdVerified() || identity.pid() <= 0) {
            return null;
        }
        try {
            Path program = Files.readSymbolicLink(Path.of("/proc", Integer.toString(identity.pid()), "exe"));
            // Alive after the look means that the number was this process's during the look.
            return port.isPeerProcessAlive() ? program : null;
        } catch (IOException | SecurityException e) {
            return null;
        }
    }

    @Override
    public @Nullable SocketAddress address() {
        return address;
    }

    @Override
    public boolean isGone() {
        return end.hasHappened();
    }

    @Override
    public Watch onDeath(Runnable task) {
        return end.add(task);
    }

    @Override
    public Channel callbackChannel() {
        return callbacks;
    }

    @Override
    public String toString() {
        return "Peer[uid=" + identity.uid() + ", gid=" + identity.gid() + ", pid=" + identity.pid()
                + (identity.pidfdVerified() ? "" : " (not verified)") + ", " + route + "]";
    }
}
