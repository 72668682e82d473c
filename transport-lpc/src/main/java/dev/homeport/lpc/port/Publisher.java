package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.FileStatus;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.LocalTransport.PublishRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * A server's published ports: one under its own name, if it has one, and one for each TCP address it listens
 * on. Owned by the server. Any thread may close it but those of netty.
 */
public final class Publisher implements Publication {
    private static final System.Logger LOG = System.getLogger("dev.homeport.lpc.port");
    private static final int ROOT = 0;
    private static final int PASSABLE_BY_OTHERS = 0011;

    private final PortRules rules;
    private final List<PublishedPort> ports;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Publisher(PortRules rules, List<PublishedPort> ports) {
        this.rules = rules;
        this.ports = ports;
    }

    /**
     * Publishes all names of a server, or none. Other users that are allowed must be able to pass through
     * the directory: configure one with a wider mode for them.
     *
     * @param acceptor gets each connection that was set up
     * @throws IOException if a name is taken, a path is too long, or no directory can be used, in words
     */
    public static Publisher publish(PublishRequest request, EndpointAcceptor acceptor) throws IOException {
        return publish(request, acceptor, RuntimeDirectory.ofThisProcess());
    }

    static Publisher publish(PublishRequest request, EndpointAcceptor acceptor, RuntimeDirectory runtime)
            throws IOException {
        Set<PortName> names = names(request);
        Path directory = runtime.toPublish();
        Set<Integer> allowed = new HashSet<>(request.allowedUids());
        allowed.add(runtime.ownUid());
        allowed.add(ROOT);
        PortRules rules = new PortRules(request.setup(), allowed, Set.copyOf(request.allowedGids()), acceptor);
        boolean forOthers = !request.allowedUids().isEmpty() || !request.allowedGids().isEmpty();
        if (forOthers) {
            warnIfClosed(directory);
        }
        List<PublishedPort> ports = new ArrayList<>();
        try {
            for (PortName name : names) {
                ports.add(request.takesOver()
                        ? PublishedPort.takeOver(name, directory, rules, forOthers)
                        : PublishedPort.open(name, directory, rules, forOthers));
            }
            rules.published(ports.stream().collect(Collectors.toMap(port -> port.name().text(), port -> port)));
            StaleNames.sweep(directory, runtime.ownUid());
            return new Publisher(rules, List.copyOf(ports));
        } catch (Throwable failure) {
            rules.close();
            ports.forEach(PublishedPort::close);
            throw failure;
        }
    }

    private static void warnIfClosed(Path directory) {
        int mode = FileStatus.ofPathNoFollow(directory.toString()).permissions();
        if ((mode & PASSABLE_BY_OTHERS) == 0) {
            LOG.log(System.Logger.Level.WARNING, "other users are allowed, and cannot pass {0}: mode=0{1}",
                    directory, Integer.toOctalString(mode));
        }
    }

    private static Set<PortName> names(PublishRequest request) throws IOException {
        Set<PortName> names = new LinkedHashSet<>();
        try {
            if (request.name() != null) {
                names.add(new PortName(request.name()));
            }
            for (InetSocketAddress address : request.tcpAddresses()) {
                names.add(PortName.ofTcp(address));
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot publish: " + e.getMessage(), e);
        }
        if (names.isEmpty()) {
            throw new IOException("nothing to publish: neither a name nor a TCP address is given");
        }
        return names;
    }

    @Override
    public List<String> names() {
        return ports.stream().map(port -> port.name().text()).toList();
    }

    List<Path> paths() {
        return ports.stream().map(PublishedPort::path).toList();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            ports.forEach(PublishedPort::unpublish);
            rules.close();
            ports.forEach(PublishedPort::close);
        }
    }
}
