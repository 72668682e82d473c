package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.FileStatus;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks for connection ports. A port found by its TCP address is proved: the process that published it
 * holds, by the kernel's tables, the very socket which that address reaches, and is of our user. Any thread; waits for
 * nobody.
 */
public final class PortSearcher {
    private static final int ROOT = 0;
    private static final Path PROC = Path.of("/proc");
    private static final HeldSockets SOCKETS = new HeldSockets(PROC);

    private final RuntimeDirectory runtime;
    private final Path proc;
    private final TcpListeners listeners;
    private final HeldSockets sockets;

    PortSearcher(RuntimeDirectory runtime, Path proc) {
        this(runtime, proc, new HeldSockets(proc));
    }

    private PortSearcher(RuntimeDirectory runtime, Path proc, HeldSockets sockets) {
        this.runtime = runtime;
        this.proc = proc;
        this.listeners = new TcpListeners(proc);
        this.sockets = sockets;
    }

    /** Looks with the configuration of this process. */
    public static PortSearch find(PortQuery query) {
        return new PortSearcher(RuntimeDirectory.ofThisProcess(), PROC, SOCKETS).search(query);
    }

    PortSearch search(PortQuery query) {
        try {
            return switch (query) {
                case PortQuery.ByName byName -> byName(byName);
                case PortQuery.ByAddress byAddress -> byAddress(byAddress.address());
            };
        } catch (IOException | IllegalArgumentException e) {
            return new PortSearch.NotFound(String.valueOf(e.getMessage()), true);
        }
    }

    private PortSearch byName(PortQuery.ByName query) throws IOException {
        int uid = query.expectedUid() >= 0 ? query.expectedUid() : runtime.ownUid();
        PortName name = new PortName(query.name());
        RuntimeDirectory.Searchable places = runtime.toSearch(uid);
        for (Path directory : places.directories()) {
            Path path = name.socketIn(directory);
            if (isPort(path, uid)) {
                return found(name, path, uid, -1);
            }
        }
        return notPublished(name, places);
    }

    private static PortSearch found(PortName name, Path path, int uid, int pid) {
        return new PortSearch.Found(new ConnectionPort(name.text(), path.toString(), uid, pid));
    }

    private static PortSearch notPublished(PortName name, RuntimeDirectory.Searchable places) {
        return new PortSearch.NotFound("no connection port " + name.text() + " in " + places.directories()
                + (places.refusals().isEmpty() ? "" : ", not looked into: " + String.join("; ", places.refusals())), true);
    }

    private static boolean isPort(Path path, int uid) {
        FileStatus status = FileStatus.ofPathNoFollow(path.toString());
        return status.error() == 0 && status.isSocket() && (status.uid() == uid || status.uid() == ROOT);
    }

    private PortSearch byAddress(InetSocketAddress address) throws IOException {
        if (address.getAddress() == null) {
            return new PortSearch.NotFound("not resolved: " + address);
        }
        InetSocketAddress destination = destination(address);
        if (!isOfThisHost(destination.getAddress())) {
            return new PortSearch.NotFound("not an address of this host: " + address);
        }
        List<TcpListeners.Listener> reached = listeners.reachedBy(destination);
        if (reached.isEmpty()) {
            return new PortSearch.NotFound("nobody listens on " + address + " in this network namespace");
        }
        TcpListeners.Listener first = reached.getFirst();
        if (reached.stream().anyMatch(listener -> listener.uid() != runtime.ownUid())) {
            return new PortSearch.NotFound("the listener on " + address + " is another user's: uid=" + first.uid()
                    + ", ownUid=" + runtime.ownUid(), true);
        }
        return provedPort(PortName.ofTcp(first.socketAddress()), reached);
    }

    // A connection to the unspecified address goes to the loopback.
    private static InetSocketAddress destination(InetSocketAddress address) throws IOException {
        if (!address.getAddress().isAnyLocalAddress()) {
            return address;
        }
        byte[] loopback = new byte[address.getAddress().getAddress().length];
        loopback[loopback.length - 1] = 1;
        if (loopback.length == 4) {
            loopback[0] = 127;
        }
        return new InetSocketAddress(InetAddress.getByAddress(loopback), address.getPort());
    }

    private static boolean isOfThisHost(InetAddress address) throws IOException {
        return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    }

    private PortSearch provedPort(PortName name, List<TcpListeners.Listener> reached) throws IOException {
        int uid = runtime.ownUid();
        RuntimeDirectory.Searchable places = runtime.toSearch(uid);
        String lack = null;
        for (Path directory : places.directories()) {
            Path path = name.socketIn(directory);
            if (isPort(path, uid)) {
                int pid = NameLock.ownerOf(name.lockIn(directory));
                if (isOfUser(pid, uid) && holdsAll(pid, reached)) {
                    return found(name, path, uid, pid);
                }
                lack = "the publisher of " + path + " cannot be proved to own the listener: pid=" + pid
                        + ", inode=" + reached.getFirst().inode() + ", listeners=" + reached.size();
            }
        }
        return lack == null ? notPublished(name, places) : new PortSearch.NotFound(lack, true);
    }

    private boolean isOfUser(int pid, int uid) {
        FileStatus process = FileStatus.ofPathNoFollow(proc.resolve(Integer.toString(pid)).toString());
        return pid > 0 && process.error() == 0 && process.uid() == uid;
    }

    /** Whether a process holds every listener that shares the address: else the next connection may be another's. */
    private boolean holdsAll(int pid, List<TcpListeners.Listener> reached) throws IOException {
        return sockets.holdsAll(pid, reached.stream().map(TcpListeners.Listener::inode).toList());
    }
}
