package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.Peer;
import dev.homeport.RoutePolicy;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Word of the end of another process, on both sides and both routes: once, soon, whatever ended it. The number of
 * kills is small here; {@code -Dhomeport.deaths=1000} makes it a campaign.
 */
@Tag("lpc")
@Timeout(value = 40, unit = TimeUnit.MINUTES)
@ParameterizedClass
@EnumSource(value = RoutePolicy.class, names = {"LOCAL", "REMOTE"})
class DeathWatchTest {
    private static final int DEATHS = Integer.getInteger("homeport.deaths", 8);
    /** Children that start together; each dies by itself. */
    private static final int BATCH = 4;
    /** For a batch of JVMs to start on a machine that has other things to do. */
    private static final Duration START = Duration.ofSeconds(60);
    private static final String READY = "ready";
    private static final String EXIT = "exit";
    private static final int NEVER_MILLIS = 3_600_000;
    /** The promise is for the 99th percentile, which a few kills cannot show. */
    private static final long P99_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long ANY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RoutePolicy route;
    private final List<AutoCloseable> opened = new ArrayList<>();

    DeathWatchTest(RoutePolicy route) {
        this.route = route;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    /** How a process ends. */
    enum End {
        KILL {
            @Override
            void of(Jvm child) {
                child.kill();
            }
        },
        EXIT {
            @Override
            void of(Jvm child) {
                child.send(DeathWatchTest.EXIT);
                child.awaitExit();
            }
        },
        KILL_WHILE_STOPPED {
            @Override
            void of(Jvm child) {
                child.freeze();
                child.kill();
            }
        };

        abstract void of(Jvm child);
    }

    // ---- the children ----

    /** Calls once, and stays connected: {@code Client <port> <number>}. */
    static final class Client {
        private Client() {}

        public static void main(String[] arguments) throws IOException {
            ManagedChannel channel =
                    HomeportChannelBuilder.forAddress("localhost", Integer.parseInt(arguments[0])).usePlaintext()
                            .build();
            EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, Integer.parseInt(arguments[1])));
            System.out.println(READY);
            exitWhenTold();
        }
    }

    /** Serves callbacks that never end, and calls once. */
    static final class CallbackClient {
        private CallbackClient() {}

        public static void main(String[] arguments) throws IOException {
            ManagedChannel channel =
                    HomeportChannelBuilder.forAddress("localhost", Integer.parseInt(arguments[0])).usePlaintext()
                            .addCallbackService(new EchoService() {
                                @Override
                                public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                                    System.out.println(READY);
                                    // No answer.
                                }
                            })
                            .build();
            EchoGrpc.newStub(channel).unary(Payload.request(1, 1), new StreamRecorder<>());
            exitWhenTold();
        }
    }

    /** Serves by calling back. */
    static final class CallingServer {
        private CallingServer() {}

        public static void main(String[] arguments) throws IOException {
            Server server = HomeportServerBuilder.forPort(0)
                    .addService(new EchoService() {
                        @Override
                        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                            EchoGrpc.newStub(Peer.current().callbackChannel())
                                    .unary(request, new StreamRecorder<>());
                        }
                    })
                    .build()
                    .start();
            System.out.println(PlainServer.PORT + server.getPort());
            exitWhenTold();
        }
    }

    private static void exitWhenTold() throws IOException {
        while (System.in.read() >= 0) {
            // A line is the word to go, and so is the end of input.
            Runtime.getRuntime().halt(0);
        }
        Runtime.getRuntime().halt(0);
    }

    private Jvm child(Class<?> main, String... arguments) {
        Jvm started = Jvm.Launch.of(main)
                .option("-XX:TieredStopAtLevel=1")
                .option("-XX:+UseSerialGC")
                .option("-Xmx64m")
                .environment("HOMEPORT_ROUTE", route == RoutePolicy.LOCAL ? "local" : "remote")
                .start(arguments);
        opened.add(started);
        return started;
    }

    private Server serve(EchoService service) throws IOException {
        Server server = HomeportServerBuilder.forPort(0).addService(service).build().start();
        opened.add(() -> server.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS));
        return server;
    }

    private ManagedChannel channel(int port, EchoService... callbacks) {
        HomeportChannelBuilder builder =
                HomeportChannelBuilder.forAddress("localhost", port).usePlaintext().policy(route);
        for (EchoService callback : callbacks) {
            builder.addCallbackService(callback);
        }
        ManagedChannel channel = builder.build();
        opened.add(() -> channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS));
        return channel;
    }

    // ---- the server sees its client's end ----

    /** A server that watches each of its callers, by the number in the call. */
    private final class Watching extends EchoService {
        final Map<Long, Told> told = new ConcurrentHashMap<>();
        final Map<Long, CountDownLatch> closed = new ConcurrentHashMap<>();

        @Override
        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
            Told mine = new Told();
            CountDownLatch resource = new CountDownLatch(1);
            told.put(request.getSequence(), mine);
            closed.put(request.getSequence(), resource);
            Peer.current().onDeath(mine::now);
            Peer.current().closeOnDeath(resource::countDown);
            super.unary(request, reply);
        }
    }

    @ParameterizedTest
    @EnumSource
    void serverIsToldOfItsClientsEnd(End end) throws IOException {
        Watching service = new Watching();
        Jvm client = child(Client.class, Integer.toString(serve(service).getPort()), "7");
        client.awaitLine(READY, START);
        Told told = service.told.get(7L);
        assertThat(told.times()).isZero();

        end.of(client);

        told.awaitNanos();
        Wait.on(service.closed.get(7L));
        assertThat(told.times()).isEqualTo(1);
    }

    @Test
    void killedClientsAreSeenInTime() throws IOException {
        Watching service = new Watching();
        String port = Integer.toString(serve(service).getPort());
        List<Long> latencies = new ArrayList<>();
        for (int first = 0; first < DEATHS; first += BATCH) {
            List<Jvm> batch = new ArrayList<>();
            for (int i = first; i < Math.min(DEATHS, first + BATCH); i++) {
                batch.add(child(Client.class, port, Integer.toString(i)));
            }
            batch.forEach(client -> client.awaitLine(READY, START));
            for (int i = 0; i < batch.size(); i++) {
                long begun = System.nanoTime();
                batch.get(i).kill();
                latencies.add(service.told.get((long) first + i).awaitNanos() - begun);
            }
            batch.forEach(Jvm::close);
            opened.removeAll(batch);
        }

        assertThat(service.told).hasSize(DEATHS);
        assertThat(service.told.values()).allSatisfy(told -> assertThat(told.times()).isEqualTo(1));
        check("clients", latencies);
    }

    // ---- the client sees its server's end ----

    @ParameterizedTest
    @EnumSource
    void clientIsToldOfItsServersEnd(End end) {
        Jvm server = child(PlainServer.class);
        WatchedServer watched = WatchedServer.of(channel(Integer.parseInt(server.awaitLine(PlainServer.PORT, START))));

        if (end == End.EXIT) {
            // A server that ends in good order: the end of its input is its word to go.
            server.close();
        } else {
            end.of(server);
        }

        watched.byPeer().awaitNanos();
        watched.byState().awaitNanos();
        assertThat(watched.channel().getState(false)).isNotEqualTo(ConnectivityState.READY);
        assertThat(watched.byPeer().times()).isEqualTo(1);
    }

    @Test
    void killedServersAreSeenInTime() {
        List<Long> latencies = new ArrayList<>();
        List<WatchedServer> all = new ArrayList<>();
        for (int first = 0; first < DEATHS; first += BATCH) {
            List<Jvm> batch = new ArrayList<>();
            for (int i = first; i < Math.min(DEATHS, first + BATCH); i++) {
                batch.add(child(PlainServer.class));
            }
            List<WatchedServer> channels = batch.stream()
                    .map(server -> WatchedServer.of(channel(Integer.parseInt(server.awaitLine(PlainServer.PORT, START)))))
                    .toList();
            for (int i = 0; i < batch.size(); i++) {
                long begun = System.nanoTime();
                batch.get(i).kill();
                latencies.add(channels.get(i).byPeer().awaitNanos() - begun);
                assertThat(channels.get(i).byState().awaitNanos() - begun).isLessThan(ANY_NANOS);
            }
            batch.forEach(Jvm::close);
            opened.removeAll(batch);
            channels.forEach(watched -> watched.channel().shutdownNow());
            all.addAll(channels);
        }

        assertThat(all).allSatisfy(watched -> assertThat(watched.byPeer().times()).isEqualTo(1));
        check("servers", latencies);
    }

    private void check(String who, List<Long> latencies) {
        long[] sorted = LongStream.of(latencies.stream().mapToLong(Long::longValue).toArray()).sorted().toArray();
        long p50 = sorted[sorted.length / 2];
        long p99 = sorted[Math.min(sorted.length - 1, (int) (sorted.length * 0.99))];
        long worst = sorted[sorted.length - 1];
        System.out.printf("deaths of %s seen, %s: n=%d, p50=%.2f ms, p99=%.2f ms, max=%.2f ms%n",
                who, route, sorted.length, p50 / 1e6, p99 / 1e6, worst / 1e6);
        assertThat(worst).isLessThan(ANY_NANOS);
        if (sorted.length >= 100) {
            assertThat(p99).isLessThan(P99_NANOS);
        } else {
            assertThat(p50).isLessThan(P99_NANOS);
        }
    }

    // ---- deaths in the midst of callbacks ----

    @Test
    void clientThatDiesInACallbackIsUnavailableToTheServer() throws IOException {
        CompletableFuture<Status> seen = new CompletableFuture<>();
        Server server = serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                EchoGrpc.EchoBlockingStub caller = EchoGrpc.newBlockingStub(Peer.current().callbackChannel());
                // Not in the call's own Context, which ends with the client as well.
                Context.ROOT.run(() -> seen.complete(statusOf(caller, request)));
            }
        });
        Jvm client = child(CallbackClient.class, Integer.toString(server.getPort()));
        client.awaitLine(READY, START);

        client.kill();

        assertThat(Wait.get(seen).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void wayBackToAClientThatHasDiedIsUnavailable() throws IOException {
        CompletableFuture<Channel> kept = new CompletableFuture<>();
        CountDownLatch gone = new CountDownLatch(1);
        Server server = serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                kept.complete(Peer.current().callbackChannel());
                Peer.current().onDeath(gone::countDown);
            }
        });
        Jvm client = child(CallbackClient.class, Integer.toString(server.getPort()));
        EchoGrpc.EchoBlockingStub back = EchoGrpc.newBlockingStub(get(kept, START));

        client.kill();
        Wait.on(gone);

        assertThat(statusOf(back.withDeadlineAfter(Wait.LIMIT_SECONDS, TimeUnit.SECONDS), Payload.request(1, 1))
                        .getCode())
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    private static <T> T get(CompletableFuture<T> future, Duration limit) {
        return future.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).join();
    }

    private static Status statusOf(EchoGrpc.EchoBlockingStub stub, EchoRequest request) {
        try {
            stub.unary(request);
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Test
    void serverThatDiesInItsCallbackCancelsIt() {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        Jvm server = child(CallingServer.class);
        ManagedChannel channel =
                channel(Integer.parseInt(server.awaitLine(PlainServer.PORT, START)), new EchoService() {
                    @Override
                    public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                        Context.current().addListener(context -> cancelled.countDown(), Runnable::run);
                        entered.countDown();
                    }
                });
        CompletableFuture<Status> status = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform().start(() ->
                status.complete(statusOf(EchoGrpc.newBlockingStub(channel), Payload.request(1, NEVER_MILLIS))));
        Wait.on(entered);
        assertThat(caller.isAlive()).isTrue();

        server.kill();

        assertThat(Wait.get(status).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        Wait.on(cancelled);
    }
}
