package dev.homeport.lpc;

import dev.homeport.lpc.syscall.Epoll;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.EventFd;
import dev.homeport.spi.EndCause;
import java.io.IOException;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The background readers of the process: a few threads for all ports. All of them wait in one epoll; a
 * doorbell wakes one. A reader that finds traffic may poll its ports for a while instead of sleeping. A
 * reader in user code cannot read on, so that there are at least two, and the last free one runs none.
 */
final class Readers {
    /** Threads that read. More would only find each other's work: handlers that last run elsewhere. */
    static final int COUNT = Math.max(2, Math.min(4, Runtime.getRuntime().availableProcessors()));

    /** Bells of one port in a row, none of another, before a reader sleeps for that port alone. */
    private static final int BELLS_BEFORE_KEEPING = 8;

    private static final long KICK = 0;
    private static @Nullable Readers instance;

    private final Reader[] threads = new Reader[COUNT];
    private final int epoll;
    private final int kickEvent;
    private final Map<Long, LpcPort> ports = new ConcurrentHashMap<>();
    private final Map<LpcPort, Long> idsOfPorts = new ConcurrentHashMap<>();
    /** Ports by the number under which their peer's process is watched. */
    private final Map<Long, LpcPort> processes = new ConcurrentHashMap<>();
    private final Map<LpcPort, Long> idsOfProcesses = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong(KICK);
    private final Queue<LpcPort> kicked = new ConcurrentLinkedQueue<>();
    /** Ports whose doorbell or end a reader was told of and could not look at. */
    private final Queue<LpcPort> bells = new ConcurrentLinkedQueue<>();
    /** Polled ports whose reader is stuck; still {@link LpcPort#polled}. */
    private final Queue<LpcPort[]> orphans = new ConcurrentLinkedQueue<>();
    private final AtomicInteger free = new AtomicInteger(COUNT);
    private final AtomicInteger waiting = new AtomicInteger();
    /** The reader that sleeps for one port alone; the others wait for all. */
    private final AtomicReference<@Nullable Reader> keeper = new AtomicReference<>();
    /** The port that rang last, and how often in a row. A hint. */
    private volatile @Nullable LpcPort lastRung;
    private volatile int timesInRow;

    private final AtomicLong nextNetNanos = new AtomicLong(System.nanoTime() + Reader.SAFETY_NET_NANOS);
    final Watchdog watchdog;
    /** Of all ports that this process ever had. */
    final LongAdder safetyNetWakes = new LongAdder();

    private Readers() throws IOException {
        epoll = require(Epoll.create(), "epoll_create1");
        kickEvent = require(EventFd.create(), "eventfd");
        require(Epoll.add(epoll, kickEvent, Epoll.IN | Epoll.EDGE, KICK), "epoll_ctl");
        for (int i = 0; i < COUNT; i++) {
            threads[i] = new Reader(this);
        }
        watchdog = new Watchdog(threads);
        for (int i = 0; i < COUNT; i++) {
            new Reader.ReaderThread(threads[i], "homeport-reader-" + i).start();
        }
        Thread.ofPlatform().daemon().name("homeport-watchdog").start(watchdog);
    }

    /** The readers, started with the first port of the process. */
    static synchronized Readers ofProcess() throws IOException {
        if (instance == null) {
            instance = new Readers();
        }
        return instance;
    }

    static synchronized long safetyNetWakesOfProcess() {
        return instance == null ? 0 : instance.safetyNetWakes.sum();
    }

    private static int require(int result, String call) throws IOException {
        if (result < 0) {
            throw new IOException(call + " failed: " + Errno.name(-result));
        }
        return result;
    }

    int epoll() {
        return epoll;
    }

    void add(LpcPort port, int socket) {
        long id = lastId.incrementAndGet();
        ports.put(id, port);
        idsOfPorts.put(port, id);
        int result = Epoll.add(epoll, socket, Epoll.IN | Epoll.RDHUP | Epoll.EDGE, id);
        if (result < 0) {
            port.close(EndCause.of(EndCause.Kind.FAILURE, "epoll_ctl failed: " + Errno.name(-result)));
        }
    }

    /**
     * Ends the port when the process that opened the connection ends. The socket pair says so as well, and sooner,
     * unless that process gave its end away.
     */
    void watchProcess(LpcPort port, int pidfd) {
        long id = lastId.incrementAndGet();
        processes.put(id, port);
        idsOfProcesses.put(port, id);
        int result = Epoll.add(epoll, pidfd, Epoll.IN | Epoll.EDGE, id);
        if (result < 0) {
            port.close(EndCause.of(EndCause.Kind.FAILURE, "epoll_ctl failed: " + Errno.name(-result)));
        }
    }

    void remove(LpcPort port, int socket, int pidfd) {
        Long id = idsOfPorts.remove(port);
        if (id != null) {
            ports.remove(id);
            Epoll.remove(epoll, socket);
        }
        Long process = idsOfProcesses.remove(port);
        if (process != null) {
            processes.remove(process);
            Epoll.remove(epoll, pidfd);
        }
    }

    /** The port of an event; null for a kick, or a port that ended meanwhile. */
    @Nullable LpcPort port(long id) {
        LpcPort port = ports.get(id);
        if (port == null) {
            port = processes.get(id);
            if (port != null) {
                port.peerProcessEnded = true;
            }
        }
        return port;
    }

    boolean isKick(long id) {
        return id == KICK;
    }

    /** Makes a reader look at a port. */
    void kick(LpcPort port) {
        kicked.add(port);
        EventFd.signal(kickEvent);
    }

    /** A port somebody asked to look at, or null. */
    @Nullable LpcPort nextKicked() {
        return kicked.poll();
    }

    /** Leaves many ports that stay polled to another reader: bells for each of them would cost both sides a system call. */
    void leavePolled(LpcPort[] polled) {
        orphans.add(polled);
        EventFd.signal(kickEvent);
    }

    /** Ports that were polled and whose reader is stuck in user code, or null. */
    LpcPort @Nullable [] nextOrphans() {
        return orphans.poll();
    }

    /** Leaves an event to another reader; {@link #signalKicks} follows. */
    void leaveBell(LpcPort port) {
        bells.add(port);
    }

    @Nullable LpcPort nextBell() {
        return bells.poll();
    }

    boolean anyKicked() {
        return !kicked.isEmpty() || !bells.isEmpty() || !orphans.isEmpty();
    }

    void signalKicks() {
        EventFd.signal(kickEvent);
    }

    void drainKicks() {
        EventFd.drain(kickEvent);
    }

    /** Whether a reader polls ports now. A hint: it may stop. */
    boolean anyPolls() {
        for (Reader reader : threads) {
            if (reader.isPolling()) {
                return true;
            }
        }
        return false;
    }

    /** Has a reader that polls other ports poll these too, which are marked {@link LpcPort#polled}. By a reader. */
    boolean giveToWhoPolls(LpcPort... marked) {
        for (Reader reader : threads) {
            if (reader.tryPollToo(marked)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a reader may enter user code: not the last free one. {@link #leftUserCode} follows if so. */
    boolean tryEnterUserCode() {
        if (free.getAndDecrement() > 1) {
            return true;
        }
        free.getAndIncrement();
        return false;
    }

    void leftUserCode() {
        free.getAndIncrement();
    }

    /** Whether it is this thread's turn to look at all ports for what was forgotten. */
    boolean netIsDue(long now) {
        long due = nextNetNanos.get();
        return now - due > 0 && nextNetNanos.compareAndSet(due, now + Reader.SAFETY_NET_NANOS);
    }

    Iterable<LpcPort> all() {
        return ports.values();
    }

    void beginWait() {
        waiting.getAndIncrement();
    }

    void endWait() {
        // Partner: tryKeep, which says who keeps and then looks whether anybody waits.
        if (waiting.getAndDecrement() == 1) {
            Reader keeps = keeper.get();
            if (keeps != null) {
                keeps.wakeUp();
            }
        }
    }

    /** A port has rung, by whichever bell. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    void noteBell(LpcPort port) {
        if (lastRung == port) {
            timesInRow++;
        } else {
            lastRung = port;
            timesInRow = 0;
        }
    }

    /** Whether a reader may sleep for this port alone: it rings, no other does, and somebody else waits for all. */
    boolean tryKeep(Reader reader, LpcPort port) {
        if (timesInRow < BELLS_BEFORE_KEEPING || lastRung != port || !keeper.compareAndSet(null, reader)) {
            return false;
        }
        if (waiting.get() > 0) {
            return true;
        }
        keeper.set(null);
        return false;
    }

    void endKeeping() {
        keeper.set(null);
    }

    /** Whether a reader waits for doorbells. */
    boolean anyWaits() {
        return waiting.get() > 0;
    }
}
