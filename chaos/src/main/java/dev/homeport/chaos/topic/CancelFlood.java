package dev.homeport.chaos.topic;

import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.FloodClient;
import dev.homeport.testkit.process.Jvm;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A client opens and cancels calls as fast as it can: the server's heap stands still, its neighbour calls on. */
public final class CancelFlood implements Topic {
    private static final long PER_SECOND_AT_LEAST = 5_000;
    private static final double PROMISED_GROWTH = 1.05;
    /** Heap that a server has for its code and caches whatever comes. */
    private static final long FLOOR_BYTES = 1 << 20;

    @Override
    public String trials() {
        return "opened and cancelled calls";
    }

    @Override
    public long fullSize() {
        return 10_000_000;
    }

    @Override
    public long shortSize() {
        return 20_000;
    }

    @Override
    public void run(Run run) throws Exception {
        String name = "chaos-cancel-" + ProcessHandle.current().pid();
        try (Jvm server = Jvm.start(EchoServer.class, name)) {
            server.awaitLine(EchoServer.LISTENING);
            try (Neighbour neighbour = new Neighbour(run, name)) {
                flood(neighbour, name, Math.min(run.size(), 20_000), "warm-up");
                long before = heapOf(server);
                neighbour.callFor(Neighbour.BEFORE, TimeUnit.SECONDS.toNanos(2));
                flood(neighbour, name, run.size(), Neighbour.DURING);
                long after = heapOf(server);
                run.done(run.size());
                run.fact("heap " + before / 1024 + " KiB before, " + after / 1024 + " KiB after");
                if (after > before * PROMISED_GROWTH + FLOOR_BYTES) {
                    run.fail("heap grew: bytesBefore=" + before + ", bytesAfter=" + after);
                }
                neighbour.expectCalm();
            }
        }
    }

    private static void flood(Neighbour neighbour, String name, long count, String what) throws Exception {
        try (Jvm client = Jvm.start(FloodClient.class, name, "cancel", Long.toString(count))) {
            CompletableFuture<Void> over = CompletableFuture.runAsync(() -> client.awaitLine(
                    FloodClient.DONE, Jvm.PATIENCE.plus(Duration.ofSeconds(count / PER_SECOND_AT_LEAST))));
            neighbour.callWhile(what, () -> !over.isDone());
            over.get();
        }
    }

    private static long heapOf(Jvm server) {
        server.send(EchoServer.HEAP);
        return Long.parseLong(server.awaitLine(EchoServer.HEAP));
    }
}
