package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.Peer;
import dev.homeport.RoutePolicy;
import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.Mortal;
import dev.homeport.chaos.process.Standby;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.Told;
import dev.homeport.testkit.process.WatchedServer;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Word of a process's death: kill -9 of a server or client, on the local route and by TCP in turn, seen by {@link
 * Peer#onDeath} and the channel's state once each, beside {@link BareWatch} of the same victim. The kernel takes the
 * victim's memory apart before it closes anything, so the bare watchers tell how much of the time is its own.
 */
public final class Death implements Topic {
    private static final String SEEN = " seen by onDeath";
    private static final double PROMISED_P99_MILLIS = 50;
    private static final double PROMISED_MAX_MILLIS = 1_000;
    private static final int BATCH = 8;
    private static final Duration START = Duration.ofSeconds(60);

    /** Who dies, on which route. */
    private enum Kind {
        SERVER_LOCAL("local server", Mortal.SERVER, RoutePolicy.LOCAL),
        CLIENT_LOCAL("local client", Mortal.CLIENT, RoutePolicy.LOCAL),
        SERVER_TCP("TCP server", Mortal.SERVER, RoutePolicy.REMOTE),
        CLIENT_TCP("TCP client", Mortal.CLIENT, RoutePolicy.REMOTE);

        final String shown;
        final String role;
        final RoutePolicy route;

        Kind(String shown, String role, RoutePolicy route) {
            this.shown = shown;
            this.role = role;
            this.route = route;
        }

        static Kind of(long trial) {
            return values()[(int) (trial % values().length)];
        }
    }

    /** By the number that a client sends. */
    private final Map<Long, Told> clients = new ConcurrentHashMap<>();
    private final LongAdder residentKib = new LongAdder();
    /** Accepted and not yet asked for, by process id. Of the thread of the run. */
    private final Map<Long, SocketChannel> plainSockets = new HashMap<>();

    @Override
    public String trials() {
        return "deaths";
    }

    @Override
    public long fullSize() {
        return 4_000;
    }

    @Override
    public long shortSize() {
        return 8;
    }

    /** Watches whoever calls. */
    private final class Watching extends EchoService {
        @Override
        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
            Peer.current().onDeath(clients.computeIfAbsent(request.getSequence(), number -> new Told())::now);
            super.unary(request, reply);
        }
    }

    @Override
    public void run(Run run) throws Exception {
        Path directory = Files.createTempDirectory("death");
        Path path = directory.resolve("plain");
        Server own = HomeportServerBuilder.forPort(0).addService(new Watching()).build().start();
        try (ServerSocketChannel plain = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            plain.bind(UnixDomainSocketAddress.of(path));
            for (long first = run.first(); first < run.end(); first += BATCH) {
                killBatch(run, first, Math.min(run.end(), first + BATCH), path, own.getPort(), plain);
            }
            run.fact(String.format(Locale.ROOT, "victims had %.0f MiB", residentKib.sum() / 1024.0 / run.size()));
        } finally {
            own.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            Files.deleteIfExists(path);
            Files.deleteIfExists(directory);
        }
        for (Kind kind : Kind.values()) {
            run.expect(kind.shown + SEEN, 99, PROMISED_P99_MILLIS);
            run.expect(kind.shown + SEEN, 100, PROMISED_MAX_MILLIS);
        }
    }

    /** Kills one after the other once all of them are up: a JVM that starts takes the processors from who watches. */
    private void killBatch(Run run, long first, long end, Path path, int port, ServerSocketChannel plain)
            throws Exception {
        List<Jvm> victims = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        try {
            for (long trial = first; trial < end; trial++) {
                victims.add(start(trial, path, port));
            }
            for (Jvm victim : victims) {
                ports.add(Integer.parseInt(victim.awaitLine(Mortal.READY, START)));
            }
            for (int i = 0; i < victims.size(); i++) {
                kill(run, first + i, victims.get(i), ports.get(i), plain);
                run.done(1);
            }
        } finally {
            victims.forEach(Jvm::close);
        }
    }

    private static Jvm start(long trial, Path path, int port) {
        Kind kind = Kind.of(trial);
        return Standby.small(Mortal.class)
                .environment("HOMEPORT_ROUTE", kind.route == RoutePolicy.LOCAL ? "local" : "remote")
                .start(kind.role, path.toString(), Integer.toString(port), Long.toString(trial));
    }

    private void kill(Run run, long trial, Jvm victim, int port, ServerSocketChannel plain) throws Exception {
        Kind kind = Kind.of(trial);
        ManagedChannel channel = kind.role.equals(Mortal.SERVER) ? channelTo(port, kind.route) : null;
        try (BareWatch bare = new BareWatch(plainOf(victim, plain), victim.pid())) {
            WatchedServer server = channel == null ? null : WatchedServer.of(channel);
            Told byPeer = server == null ? clients.get(trial) : server.byPeer();
            residentKib.add(residentKib(victim));

            long killedAt = System.nanoTime();
            victim.kill();

            long seen = byPeer.awaitNanos();
            long bareSeen = Wait.get(bare.socketEnded);
            run.time(kind.shown + SEEN, seen - killedAt);
            run.time(kind.shown + " by a bare socket", bareSeen - killedAt);
            run.time(kind.shown + " by a bare pidfd", Wait.get(bare.processEnded) - killedAt);
            run.time(kind.shown + " behind the bare socket", Math.max(0, seen - bareSeen));
            if (server != null) {
                run.time(kind.shown + " seen by the channel's state", server.byState().awaitNanos() - killedAt);
            }
            if (byPeer.times() != 1) {
                run.fail("trial " + trial + ": onDeath was called " + byPeer.times() + " times");
            }
        } finally {
            clients.remove(trial);
            if (channel != null) {
                channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    /** The plain socket of that victim; those that start ahead come in any order. */
    private SocketChannel plainOf(Jvm victim, ServerSocketChannel plain) throws IOException {
        while (!plainSockets.containsKey(victim.pid())) {
            SocketChannel accepted = plain.accept();
            ByteBuffer pid = ByteBuffer.allocate(Long.BYTES);
            while (pid.hasRemaining()) {
                accepted.read(pid);
            }
            plainSockets.put(pid.getLong(0), accepted);
        }
        return plainSockets.remove(victim.pid());
    }

    private static ManagedChannel channelTo(int port, RoutePolicy route) {
        return HomeportChannelBuilder.forAddress("localhost", port).usePlaintext().policy(route).build();
    }

    private static long residentKib(Jvm victim) throws IOException {
        Path status = Path.of("/proc", Long.toString(victim.pid()), "status");
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
