package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.FileStatus;
import dev.homeport.lpc.syscall.Flock;
import dev.homeport.lpc.syscall.Memfd;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The right to a port's name: a locked file that names the process. Owned by the published port. The kernel
 * lets go of the lock when the process dies, so a name is never stuck.
 */
final class NameLock implements AutoCloseable {
    /** Times the file may be taken away under us by a server that just closed. */
    private static final int TRIES = 100;

    private static final int MAX_PID_BYTES = 16;

    /** How long a start waits for whoever removes the name of a dead server, or has not yet said who it is. */
    private static final long SWEEP_NANOS = 500_000_000;
    private static final long LOOK_NANOS = 500_000;

    private final Path path;
    private final int descriptor;
    private final AtomicBoolean closed = new AtomicBoolean();
    /** A successor has the lock too, and the file with it. */
    private volatile boolean shared;

    private NameLock(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /**
     * Takes the name.
     *
     * @throws IOException if a live server has it, with that server's pid
     */
    static NameLock take(Path path) throws IOException {
        long deadline = System.nanoTime() + SWEEP_NANOS;
        for (int i = 0; i < TRIES; i++) {
            int descriptor = open(path);
            int locked = awaitLock(path, descriptor, deadline);
            if (locked < 0) {
                Descriptors.close(descriptor);
                throw new IOException("a live server has this name: pid=" + ownerOf(path) + ", lock=" + path + ", "
                        + Errno.name(locked));
            }
            if (isStillAt(path, descriptor)) {
                writeOwner(descriptor);
                return new NameLock(path, descriptor);
            }
            Descriptors.close(descriptor);
        }
        throw new IOException("the lock file is taken away each time: tries=" + TRIES + ", lock=" + path);
    }

    private static int open(Path path) throws IOException {
        int flags = Descriptors.O_RDWR | Descriptors.O_CREAT | Descriptors.O_APPEND;
        int descriptor = Descriptors.openNoFollow(path.toString(), flags, 0600);
        if (descriptor < 0) {
            throw new IOException("cannot open " + path + ": " + Errno.name(descriptor));
        }
        return descriptor;
    }

    /** Waits for the lock as long as nobody who lives says that it has it: a sweep holds it for less than a millisecond. */
    private static int awaitLock(Path path, int descriptor, long deadlineNanos) {
        int locked = Flock.tryLock(descriptor);
        while (locked == -Errno.EAGAIN && !isLive(ownerOf(path)) && System.nanoTime() - deadlineNanos < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
            locked = Flock.tryLock(descriptor);
        }
        return locked;
    }

    private static boolean isLive(int pid) {
        return pid > 0 && ProcessHandle.of(pid).isPresent();
    }

    /**
     * The lock of a name whose server is dead, to remove what it left; the file names nobody then. Null if somebody
     * else has it, or has just removed it.
     */
    static @Nullable NameLock takeIfFree(Path path) throws IOException {
        int descriptor = open(path);
        if (Flock.tryLock(descriptor) < 0 || !isStillAt(path, descriptor)) {
            Descriptors.close(descriptor);
            return null;
        }
        Memfd.truncate(descriptor, 0);
        return new NameLock(path, descriptor);
    }

    /**
     * The lock that another process gave us: it is on what was opened, which both have now.
     *
     * @param descriptor owned by the lock from here on, or closed if this throws
     * @throws IOException if it is not the name's lock, or nobody's
     */
    static NameLock inherit(Path path, int descriptor) throws IOException {
        int locked = Flock.tryLock(descriptor);
        if (locked < 0 || !isStillAt(path, descriptor)) {
            Descriptors.close(descriptor);
            throw new IOException("what was handed over is not the lock of the name: lock=" + path
                    + (locked < 0 ? ", " + Errno.name(locked) : ""));
        }
        writeOwner(descriptor);
        return new NameLock(path, descriptor);
    }

    /** What a successor is given: its lock as well as ours from now on. */
    int share() {
        shared = true;
        return descriptor;
    }

    /** The successor is not there any more. */
    void takeBack() {
        shared = false;
        writeOwner(descriptor);
    }

    // Whoever had the lock before may have removed the file after we opened it: then it locks nothing.
    private static boolean isStillAt(Path path, int descriptor) {
        return FileStatus.ofDescriptor(descriptor).isSameFile(FileStatus.ofPathNoFollow(path.toString()));
    }

    private static void writeOwner(int descriptor) {
        Memfd.truncate(descriptor, 0);
        String pid = Long.toString(ProcessHandle.current().pid());
        Descriptors.write(descriptor, pid.getBytes(StandardCharsets.US_ASCII));
    }

    /** The pid in a lock file, not verified; -1 if there is none. */
    static int ownerOf(Path path) {
        try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
            String pid = new String(in.readNBytes(MAX_PID_BYTES), StandardCharsets.US_ASCII);
            return Integer.parseInt(pid);
        } catch (IOException | NumberFormatException notThere) {
            return -1;
        }
    }

    /** Gives the name up and removes the file. Quiet when done twice. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            try {
                if (!shared) {
                    Files.deleteIfExists(path);
                }
            } catch (IOException stays) {
                // A file without a lock stops nobody.
            }
            Descriptors.close(descriptor);
        }
    }
}
