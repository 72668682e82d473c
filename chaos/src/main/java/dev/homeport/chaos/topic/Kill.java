package dev.homeport.chaos.topic;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.OpenClient;
import dev.homeport.chaos.process.Stacks;
import dev.homeport.chaos.process.Standby;
import dev.homeport.chaos.process.StartCache;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.ProcSnapshot;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * kill -9 at a random instant: of a server under calls of each kind in even trials, of a client in odd ones. Each
 * open call ends once, UNAVAILABLE or at the server by cancellation, and nothing stays behind in the survivor.
 */
public final class Kill implements Topic {
    private static final String SERVER_DIES = "call's end after its server's";
    private static final String CLIENT_DIES = "cancellation after the client's end";
    private static final double PROMISED_P99_MILLIS = 50;
    private static final double PROMISED_MAX_MILLIS = 1_000;
    private static final int MAX_WAIT_NANOS = 10_000_000;
    /** Trials after which classes are loaded and pools filled. */
    private static final int WARM_UP = 6;
    private static final int FOREVER_MILLIS = 600_000;
    /** Names are used again, so that each server starts over what a killed one left. */
    private static final int NAMES = 4;

    private final String prefix = "chaos-kill-" + ProcessHandle.current().pid() + "-";
    private final HeldCalls held = new HeldCalls();
    private Jvm.Launch server = Standby.small(EchoServer.class);
    private Jvm.Launch client = Standby.small(OpenClient.class);
    /** Calls of killed clients that no handler had seen. */
    private long unseen;

    @Override
    public String trials() {
        return "kills";
    }

    @Override
    public long fullSize() {
        return 10_000;
    }

    @Override
    public long shortSize() {
        return 4;
    }

    @Override
    public void run(Run run) throws Exception {
        Server own = HomeportServerBuilder.forName(prefix + "own").addService(held).build().start();
        try (StartCache servers = new StartCache(server, EchoServer.LISTENING, prefix + 0);
                StartCache clients = new StartCache(client, OpenClient.OPEN, prefix + "own")) {
            server = servers.use(server);
            client = clients.use(client);
            long warm = Math.min(run.end(), run.first() + WARM_UP);
            kill(run, run.first(), warm);
            ProcSnapshot before = ProcSnapshot.ofThisProcess();
            kill(run, warm, run.end());
            compare(run, before);
            run.fact(unseen + " calls of killed clients had reached no handler");
        } finally {
            own.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        for (String times : List.of(SERVER_DIES, CLIENT_DIES)) {
            run.expect(times, 99, PROMISED_P99_MILLIS);
            run.expect(times, 100, PROMISED_MAX_MILLIS);
        }
    }

    /** Nobody who stands by is left at its end: what is open then is ours. */
    private void kill(Run run, long first, long end) throws Exception {
        try (Standby servers = new Standby(n -> server.start(prefix + n % NAMES), EchoServer.LISTENING, NAMES);
                Standby clients = new Standby(n -> client.start(prefix + "own"), OpenClient.OPEN, NAMES)) {
            int served = 0;
            for (long trial = first; trial < end; trial++) {
                servers.fill();
                clients.fill();
                if (trial % 2 == 0) {
                    killServer(run, trial, servers.take(), prefix + served++ % NAMES);
                } else {
                    killClient(run, trial, clients.take());
                }
                run.done(1);
            }
        }
    }

    private static void compare(Run run, ProcSnapshot before) {
        if (run.size() <= WARM_UP) {
            run.fact("too few for a leak check");
            return;
        }
        try {
            ProcSnapshot.awaitNoGrowth(ProcessHandle.current().pid(), before);
            run.fact("nothing leaked");
        } catch (AssertionError e) {
            run.fail(String.valueOf(e.getMessage()));
        }
    }

    private static void killServer(Run run, long trial, Jvm server, String name) throws Exception {
        Random random = run.random(trial);
        ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:" + name).build();
        try (server) {
            List<OpenCall<?>> calls = new ArrayList<>();
            EchoRequest slow = EchoRequest.newBuilder().setDelayMillis(FOREVER_MILLIS).build();
            calls.add(OpenCall.start(channel, CallOptions.DEFAULT, EchoGrpc.getUnaryMethod(), slow, true));
            calls.add(OpenCall.start(
                    channel, CallOptions.DEFAULT, EchoGrpc.getUploadMethod(), Payload.request(300_000, 0), false));
            OpenCall<EchoReply> chat = OpenCall.start(
                    channel, CallOptions.DEFAULT, EchoGrpc.getChatMethod(), Payload.request(10, 0), false);
            OpenCall<EchoReply> download = OpenCall.start(
                    channel, CallOptions.DEFAULT, EchoGrpc.getDownloadMethod(),
                    DownloadRequest.newBuilder().setCount(Integer.MAX_VALUE).setBytes(1_000).build(), true);
            calls.add(chat);
            calls.add(download);
            Wait.get(chat.first);
            Wait.get(download.first);
            CompletableFuture<OpenCall.End> blocking = new CompletableFuture<>();
            Thread caller = Thread.ofPlatform().daemon().start(() -> blocking.complete(callUntilItFails(channel)));
            LockSupport.parkNanos(random.nextInt(MAX_WAIT_NANOS));

            long killedAt = System.nanoTime();
            server.kill();

            for (OpenCall<?> call : calls) {
                check(run, trial, call.end, killedAt);
            }
            check(run, trial, blocking, killedAt);
            caller.join(TimeUnit.SECONDS.toMillis(Wait.LIMIT_SECONDS));
            if (calls.stream().anyMatch(call -> call.ends.get() > 1)) {
                run.fail("trial " + trial + ": a call ended twice");
            }
        } finally {
            channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static OpenCall.End callUntilItFails(ManagedChannel channel) {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
        try {
            for (long i = 0; ; i++) {
                stub.unary(Payload.request((int) (i * 997 % 5_000), i));
            }
        } catch (StatusRuntimeException e) {
            return new OpenCall.End(e.getStatus(), System.nanoTime());
        }
    }

    private static void check(Run run, long trial, CompletableFuture<OpenCall.End> end, long killedAt)
            throws Exception {
        try {
            OpenCall.End found = end.get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            run.time(SERVER_DIES, found.atNanos() - killedAt);
            if (found.status().getCode() != Status.Code.UNAVAILABLE) {
                run.fail("trial " + trial + ": a call ended " + found.status());
            }
        } catch (TimeoutException e) {
            run.fail("trial " + trial + ": a call did not end in " + Wait.LIMIT_SECONDS + " s");
            Stacks.print("trial " + trial + ": a call did not end", ProcessHandle.current().pid());
        }
    }

    private void killClient(Run run, long trial, Jvm client) {
        try (client) {
            client.send(OpenClient.CALL);
            LockSupport.parkNanos(run.random(trial).nextInt(MAX_WAIT_NANOS));

            long killedAt = System.nanoTime();
            client.kill();

            List<HeldCalls.Held> calls = held.awaitEnds(client.pid(), killedAt);
            unseen += OpenClient.CALLS - calls.size();
            for (HeldCalls.Held call : calls) {
                if (call.isCancelled) {
                    run.time(CLIENT_DIES, call.cancelledNanos - killedAt);
                }
            }
            if (!calls.stream().allMatch(call -> call.isCancelled)) {
                run.fail("trial " + trial + ": a handler did not hear of its client's end: " + calls);
                Stacks.print("trial " + trial + ": " + calls, ProcessHandle.current().pid());
            }
        }
    }
}
