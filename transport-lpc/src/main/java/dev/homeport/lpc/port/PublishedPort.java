package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.FileStatus;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * One name under which a server can be found: a listening socket at its path, and the lock on the name. Owned by the
 * publication. The path leads to a listening socket or to nothing at any time: the socket is made under another
 * name and moved.
 */
final class PublishedPort implements AutoCloseable {
    private final PortName name;
    private final Path path;
    private final NameLock lock;
    private final Channel channel;
    private final FileStatus socket;

    private PublishedPort(PortName name, Path path, NameLock lock, Channel channel, FileStatus socket) {
        this.name = name;
        this.path = path;
        this.lock = lock;
        this.channel = channel;
        this.socket = socket;
    }

    /**
     * Publishes.
     *
     * @param forOthers whether other users may connect, if the directory lets them in; asked again of each
     * @throws IOException if the name is taken by a live server, which is not disturbed; or with what failed
     */
    static PublishedPort open(PortName name, Path directory, PortRules rules, boolean forOthers)
            throws IOException {
        Path path = name.socketIn(directory);
        NameLock lock;
        try {
            lock = NameLock.take(name.lockIn(directory));
        } catch (IOException e) {
            throw new IOException("cannot publish " + name.text() + ": " + e.getMessage(), e);
        }
        return open(name, directory, path, lock, rules, forOthers);
    }

    /**
     * Publishes also if a live server of this user has the name: that one hands it over, and drains when the path
     * leads here.
     *
     * @throws IOException if it does not, or with what failed; it serves on then
     */
    static PublishedPort takeOver(PortName name, Path directory, PortRules rules, boolean forOthers)
            throws IOException {
        Path path = name.socketIn(directory);
        try (Inheritance inheritance = Inheritance.of(name, path, name.lockIn(directory))) {
            return open(name, directory, path, inheritance.lock(), rules, forOthers);
        } catch (IOException e) {
            throw new IOException("cannot take over " + name.text() + ": " + e.getMessage(), e);
        }
    }

    private static PublishedPort open(
            PortName name, Path directory, Path path, NameLock lock, PortRules rules, boolean forOthers)
            throws IOException {
        try {
            return listen(name, directory, path, lock, rules, forOthers);
        } catch (Throwable failure) {
            lock.close();
            throw failure;
        }
    }

    private static PublishedPort listen(
            PortName name, Path directory, Path path, NameLock lock, PortRules rules, boolean forOthers)
            throws IOException {
        Path fresh = name.newSocketIn(directory);
        Channel channel = AcceptLoop.listen(fresh, rules);
        try {
            String permissions = forOthers ? "rw-rw-rw-" : "rw-------";
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(permissions));
            FileStatus socket = FileStatus.ofPathNoFollow(fresh.toString());
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return new PublishedPort(name, path, lock, channel, socket);
        } catch (Throwable failure) {
            AcceptLoop.close(channel);
            Files.deleteIfExists(fresh);
            throw failure;
        }
    }

    PortName name() {
        return name;
    }

    Path path() {
        return path;
    }

    /** What the lock is on, for a successor. */
    int shareLock() {
        return lock.share();
    }

    /** A successor has hung up: whether it has the path; if not, the name is ours alone again. */
    boolean isSuperseded() {
        FileStatus now = FileStatus.ofPathNoFollow(path.toString());
        boolean superseded = now.error() == 0 && !now.isSameFile(socket);
        if (!superseded) {
            lock.takeBack();
        }
        return superseded;
    }

    /** Nobody new finds it from now on; whoever is connecting already is still served. */
    void unpublish() {
        if (FileStatus.ofPathNoFollow(path.toString()).isSameFile(socket)) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException stays) {
                // A path without a listener: clients are told so by the kernel, the next server replaces it.
            }
        }
    }

    /** Unpublishes and stops listening; the name is free last. Quiet when done twice. */
    @Override
    public void close() {
        unpublish();
        // netty removes the name it bound when the channel closes: only then may another server use that.
        AcceptLoop.close(channel);
        lock.close();
    }
}
