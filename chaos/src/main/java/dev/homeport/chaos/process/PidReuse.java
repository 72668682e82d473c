package dev.homeport.chaos.process;

import dev.homeport.HomeportServerBuilder;
import dev.homeport.Peer;
import dev.homeport.lpc.memory.PeerSpace;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.Publisher;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.Poll;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.lpc.syscall.UnixSocket;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import io.grpc.Attributes;
import io.grpc.Server;
import io.grpc.ServerTransportFilter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * {@code PidReuse <first> <end> <name>}, in a process namespace of its own: serves clients that die, or that pass their
 * connection on and die, and gives the number of each to a new process at once. Says what it saw of each trial, and looks at
 * what the server knows of the old one: it must never be anything of the new one's. A trial whose number a thread got
 * instead is made again; one that breaks off is a failure, and the next one follows.
 */
public final class PidReuse {
    /** Begins a line for each trial that is done. */
    public static final String DONE = "done ";
    /** Begins a line for what was not as it must be. */
    public static final String FAILED = "failed ";
    /** Begins the line that says that numbers cannot be chosen here, and why. */
    public static final String REFUSED = "refused ";
    /** Begins a line for each time that a number could not be given to a new process, and who has it. */
    public static final String LOST = "lost ";

    private static final Path LAST_PID = Path.of("/proc/sys/kernel/ns_last_pid");
    /** How often a number is tried for, and how often a trial is made again with another. */
    private static final int MOST_TRIES = 3;
    private static final int MOST_TRIALS = 20;
    /** From here on a cache of what JVMs start with is worth its making. */
    private static final int CACHED_FROM = 50;
    /** On a machine so crowded that a JVM takes long to start. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();
    private final BlockingQueue<Endpoint> endpoints = new LinkedBlockingQueue<>();
    private final Path directory;
    private final int listener;
    private final String name;
    private final String rawName;
    // A number of this namespace may be that of another process outside, and the file of its figures be in use.
    private Jvm.Launch launch = Standby.small(Namesake.class).option("-XX:-UsePerfData");

    private PidReuse(String name) throws IOException {
        this.name = name;
        this.rawName = name + "-raw";
        directory = Files.createTempDirectory("homeport-pids-");
        listener = UnixSocket.listen(directory.resolve("hand-over").toString(), 1);
    }

    /** Runs trials. */
    public static void main(String[] arguments) throws Exception {
        try {
            Files.writeString(LAST_PID, Files.readString(LAST_PID).strip());
        } catch (IOException e) {
            System.out.println(REFUSED + e);
            System.exit(0);
        }
        PidReuse reuse = new PidReuse(arguments[2]);
        Server server = HomeportServerBuilder.forName(reuse.name)
                .addTransportFilter(new ServerTransportFilter() {
                    @Override
                    public Attributes transportReady(Attributes attributes) {
                        reuse.peers.add(attributes.get(Peer.ATTRIBUTE));
                        return attributes;
                    }
                })
                .addService(EchoService.definition())
                .build()
                .start();
        Setup setup = new Setup("raw", "", "", 8192, 65536, true, TimeUnit.SECONDS.toNanos(5));
        Publisher raw = Publisher.publish(
                new PublishRequest(reuse.rawName, List.of(), setup, List.of()), reuse.endpoints::add);
        try {
            reuse.trials(Long.parseLong(arguments[0]), Long.parseLong(arguments[1]));
        } finally {
            raw.close();
            server.shutdownNow();
            Descriptors.close(reuse.listener);
            Files.delete(reuse.directory.resolve("hand-over"));
            Files.delete(reuse.directory);
        }
        System.exit(0);
    }

    private void trials(long first, long end) throws IOException {
        StartCache cache = end - first < CACHED_FROM ? null : train();
        try (cache) {
            for (long trial = first; trial < end; trial++) {
                repeat(trial);
                System.out.println(DONE + trial);
            }
        }
    }

    private StartCache train() throws IOException {
        StartCache cache = new StartCache(launch, Namesake.READY, Namesake.CLIENT, name, rawName);
        launch = cache.use(launch);
        Wait.take(peers);
        Wait.take(endpoints).close();
        return cache;
    }

    private void repeat(long trial) {
        try {
            int tries = 1;
            while (!trial(trial)) {
                if (tries++ == MOST_TRIALS) {
                    throw new IOException("no number is to be had again: tries=" + MOST_TRIALS);
                }
            }
        } catch (IOException | AssertionError e) {
            // What it has not taken belongs to no other trial.
            peers.clear();
            for (Endpoint left = endpoints.poll(); left != null; left = endpoints.poll()) {
                left.close();
            }
            require(trial, false, "broke off: " + String.valueOf(e).lines().findFirst().orElse(""));
        }
    }

    /** False if the number of the dead went to somebody else than the new process. */
    private boolean trial(long trial) throws IOException {
        boolean passesOn = trial % 2 == 1;
        int held = -1;
        try (Jvm client = client(passesOn)) {
            // First of all: it has started then, and what it passes on is there.
            client.awaitLine(Namesake.READY, PATIENCE);
            if (passesOn) {
                held = takeOver();
            }
            Peer peer = Wait.take(peers);
            try (Endpoint endpoint = Wait.take(endpoints)) {
                return bury(trial, client, peer, endpoint);
            }
        } finally {
            if (held >= 0) {
                Descriptors.close(held);
            }
        }
    }

    private Jvm client(boolean passesOn) {
        return passesOn
                ? launch.start(Namesake.CLIENT, name, rawName, directory.resolve("hand-over").toString())
                : launch.start(Namesake.CLIENT, name, rawName);
    }

    /** The end of the pair that a client passes on: as long as it is held, its death closes nothing. */
    private int takeOver() {
        if (Poll.await(listener, Poll.IN, TimeUnit.SECONDS.toNanos(Wait.LIMIT_SECONDS)) <= 0) {
            throw new AssertionError("the client passes nothing on");
        }
        int socket = UnixSocket.awaitAccept(listener);
        ReceivedMessage message = new ReceivedMessage(8, 1);
        Wait.until("the end of the pair comes", () -> Messages.receive(socket, message) == 1);
        Descriptors.close(socket);
        return message.takeDescriptors()[0];
    }

    private boolean bury(long trial, Jvm client, Peer peer, Endpoint endpoint) throws IOException {
        AtomicInteger deaths = new AtomicInteger();
        peer.onDeath(deaths::incrementAndGet);
        PeerSpace space = endpoint.bodyTerms(Runnable::run).space();
        if (space == null) {
            System.out.println(REFUSED + "direct: " + endpoint.bodyTerms(Runnable::run).directRefusal());
            System.exit(0);
        }
        long pid = client.pid();
        require(trial, peer.pid() == pid && endpoint.identity().pid() == pid && !peer.isGone(), "identity before: " + peer);
        require(trial, peer.executable() != null, "program of the living is not told");
        require(trial, reach(space, trial) == 0, "memory of the living is not reached");
        client.kill();
        Jvm heir = heir(pid);
        if (heir == null) {
            return false;
        }
        try (heir) {
            Wait.until("its death is told", () -> deaths.get() == 1);
            require(trial, peer.isGone(), "not gone: " + peer);
            require(trial, peer.executable() == null, "program of the new process is told as the old one's");
            int error = reach(space, trial);
            require(trial, error < 0, "memory of the new process is reached");
            heir.send("");
            require(trial, heir.awaitLine("").equals(Namesake.INTACT), "memory of the new process was written");
            require(trial, deaths.get() == 1, "death told " + deaths.get() + " times");
            return true;
        }
    }

    /** Reads and writes as a handler does that works on a message of the dead; 0 if both went through. */
    private static int reach(PeerSpace space, long trial) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment window = arena.allocate(FixedMemory.BYTES);
            int read = space.read(FixedMemory.ADDRESS, window);
            if (read == 0) {
                require(trial, FixedMemory.isAll(window, FixedMemory.LENT), "memory of another process was read");
            }
            int write = space.write(FixedMemory.ADDRESS, window.fill(FixedMemory.LENT));
            return Math.min(read, write);
        }
    }

    /**
     * A new process with the number of a dead one: the kernel gives the next after the one that it gave last. Null if a thread
     * of ours began in between and took it, such as one of the JVM's compilers, and keeps it for longer than it takes to ask.
     */
    private @Nullable Jvm heir(long pid) throws IOException {
        // The JDK keeps the end of a process by its number until this thread has gone on, and would take the new one for dead.
        String reaper = "process reaper (pid " + pid + ")";
        Wait.until("the JDK has forgotten the old process",
                () -> Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().equals(reaper)));
        for (int i = 0; i < MOST_TRIES; i++) {
            Files.writeString(LAST_PID, Long.toString(pid - 1));
            Jvm started = launch.start(Namesake.HEIR);
            if (started.pid() == pid) {
                started.awaitLine(Namesake.READY, PATIENCE);
                return started;
            }
            started.close();
        }
        System.out.println(LOST + pid + ": " + holderOf(pid));
        return null;
    }

    private static String holderOf(long pid) {
        try {
            return Files.readString(Path.of("/proc/self/task", Long.toString(pid), "comm")).strip();
        } catch (IOException e) {
            return "no thread of ours";
        }
    }

    private static void require(long trial, boolean holds, String what) {
        if (!holds) {
            System.out.println(FAILED + "trial " + trial + ": " + what);
        }
    }
}
