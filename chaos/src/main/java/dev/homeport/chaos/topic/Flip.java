package dev.homeport.chaos.topic;

import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.Flipper;
import dev.homeport.chaos.process.HonestClient;
import dev.homeport.chaos.process.HonestServer;
import dev.homeport.chaos.process.LengthFlipper;
import dev.homeport.chaos.process.Stacks;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.ProcSnapshot;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A peer that makes valid calls, or serves them, and all the while rewrites what it shares: control words, headers and
 * bodies in its outbox, and its sections. In turns it is the client of an honest server and the server of an honest
 * client. The honest process lives, each of its calls ends once, its other connections are served as before, and nothing
 * is left.
 */
public final class Flip implements Topic {
    private static final String LATE = "calls past their deadline";
    private static final int MIN_MILLIS = 20;
    private static final int MAX_MILLIS = 250;
    private static final double HANG_MILLIS = 1_000;
    private static final int MOST_RESTARTS = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String suffix = "-" + ProcessHandle.current().pid();
    private long connections;
    private long flips;
    private long calls;
    /** Records whose length was flipped, at least. */
    private long lengths;
    private long answered;
    private int restarts;

    @Override
    public String trials() {
        return "visits with flips";
    }

    @Override
    public long fullSize() {
        return 10_000;
    }

    @Override
    public long shortSize() {
        return 16;
    }

    @Override
    public void run(Run run) throws Exception {
        try (Jvm server = Jvm.start(HonestServer.class, "chaos-honest" + suffix)) {
            server.awaitLine(EchoServer.LISTENING);
            try (Neighbour neighbour = new Neighbour(run, "chaos-honest" + suffix)) {
                clients(run, server, neighbour);
            }
            servers(run);
        }
        run.fact(connections + " connections");
        run.fact(flips + " flips");
        run.fact(calls + " calls");
        run.fact(lengths + " records with two lengths");
        run.fact(answered + " of an honest client answered");
        if (restarts > 0) {
            run.fact(restarts + " flippers died of themselves");
        }
        run.expect(Neighbour.DURING, 100, HANG_MILLIS);
        run.expect(LATE, 100, HANG_MILLIS);
    }

    // ---- the flipper as client ----

    private void clients(Run run, Jvm server, Neighbour neighbour) {
        // In turns: any word at random, and the length of each record, which two stories fit.
        Jvm[] flippers = {client(Flipper.class), client(LengthFlipper.class)};
        try {
            for (Jvm flipper : flippers) {
                flipped(run, flipper, "0 0");
            }
            awaitEnds(run, server);
            ProcSnapshot before = ProcSnapshot.of(server.pid());
            neighbour.callFor(Neighbour.BEFORE, TimeUnit.SECONDS.toNanos(1));
            for (long trial = run.first(); trial < run.end(); trial += 2) {
                int which = (int) (trial / 2 % flippers.length);
                Jvm now = flippers[which];
                String order = order(run, trial);
                CompletableFuture<Boolean> lived = CompletableFuture.supplyAsync(() -> flipped(run, now, order));
                neighbour.callWhile(Neighbour.DURING, () -> !lived.isDone());
                if (!lived.join()) {
                    now.close();
                    flippers[which] = client(which == 0 ? Flipper.class : LengthFlipper.class);
                }
                if (!server.isAlive()) {
                    run.fail("trial " + trial + ": the honest server died: " + server.errors());
                    return;
                }
                run.done(1);
            }
            for (Jvm flipper : flippers) {
                flipper.close();
            }
            awaitEnds(run, server);
            requireNoGrowth(run, "server", server, before);
        } finally {
            for (Jvm flipper : flippers) {
                flipper.close();
            }
        }
    }

    private Jvm client(Class<?> program) {
        String name = "chaos-honest" + suffix;
        Jvm started = program == Flipper.class
                ? Jvm.start(program, Flipper.CLIENT, name)
                : Jvm.start(program, name);
        started.awaitLine(Flipper.READY);
        return started;
    }

    /** Waits until each call that the server saw has ended, and looks what else it says. */
    private static void awaitEnds(Run run, Jvm server) {
        String[] last = new String[3];
        try {
            Wait.until("each call has ended", () -> {
                server.send("");
                System.arraycopy(answer(run, server, HonestServer.CALLS), 0, last, 0, last.length);
                return last[0].equals(last[1]);
            });
        } catch (AssertionError e) {
            run.fail("calls that the honest server began and that have no end: " + last[0] + " begun, " + last[1] + " ended");
        }
        if (!last[2].equals("0")) {
            run.fail("calls of the honest server that ended twice: " + last[2]);
        }
    }

    // ---- the flipper as server ----

    private void servers(Run run) {
        String lying = "chaos-flipper" + suffix;
        Jvm flipper = server(lying);
        try (Jvm client = Jvm.start(HonestClient.class, lying, "chaos-honest" + suffix)) {
            visited(run, client, "0 200");
            ProcSnapshot before = ProcSnapshot.of(client.pid());
            for (long trial = run.first() + 1; trial < run.end(); trial += 2) {
                String order = order(run, trial);
                Jvm now = flipper;
                CompletableFuture<Boolean> lived = CompletableFuture.supplyAsync(() -> flipped(run, now, order));
                visited(run, client, order);
                if (!lived.join()) {
                    flipper.close();
                    flipper = server(lying);
                }
                run.done(1);
            }
            // Memory that was lent stays until the server gives it back, or is dead.
            flipper.close();
            client.send(HonestClient.HEALTHY);
            String[] healthy = client.awaitLine(HonestClient.HEALTHY, PATIENCE).split(" ");
            run.fact("a client's other connection " + healthy[0] + " calls p99 " + healthy[2] + " max " + healthy[3]
                    + " \u00b5s");
            run.time("a client's other calls", TimeUnit.MICROSECONDS.toNanos(Long.parseLong(healthy[3])));
            if (!healthy[1].equals("0")) {
                run.fail("wrong or failed calls of a client to a healthy server: " + healthy[1]);
            }
            requireNoGrowth(run, "client", client, before);
        } finally {
            flipper.close();
        }
        run.expect("a client's other calls", 100, HANG_MILLIS);
    }

    private static Jvm server(String name) {
        Jvm started = Jvm.start(Flipper.class, Flipper.SERVER, name);
        started.awaitLine(Flipper.READY);
        return started;
    }

    private void visited(Run run, Jvm client, String order) {
        client.send(order);
        try {
            String[] words = answer(run, client, HonestClient.VISITED);
            calls += Long.parseLong(words[0]);
            answered += Long.parseLong(words[1]);
            if (!words[2].equals("0")) {
                run.fail("order " + order + ": calls that ended twice: " + words[2]);
            }
            run.time(LATE, TimeUnit.MICROSECONDS.toNanos(Long.parseLong(words[3])));
        } catch (AssertionError e) {
            Stacks.print("the honest client does not come back, order " + order, client.pid());
            throw e;
        }
    }

    // ---- both ----

    /** A seed and a time, by which the flipper's part can be repeated. */
    private static String order(Run run, long trial) {
        Random random = run.random(trial);
        return random.nextInt(Integer.MAX_VALUE) + " " + random.nextInt(MIN_MILLIS, MAX_MILLIS);
    }

    /** Has the flipper flip; false if it died of its own doing, which is no failure of anybody else. */
    private boolean flipped(Run run, Jvm flipper, String order) {
        try {
            flipper.send(order);
            String[] words = flipper.awaitLine(Flipper.FLIPPED, PATIENCE).split(" ");
            connections += Long.parseLong(words[0]);
            flips += Long.parseLong(words[1]);
            calls += Long.parseLong(words[2]);
            if (words.length > 3) {
                lengths += Long.parseLong(words[2]) / 2;
                if (!words[3].equals("0")) {
                    run.fail("order " + order + ": replies that fit no length of a record: " + words[3]);
                }
            }
            return true;
        } catch (AssertionError | RuntimeException e) {
            if (++restarts > MOST_RESTARTS) {
                run.fail("the flipper dies too often: " + e.getMessage());
            }
            return false;
        }
    }

    /** The words of an answer; what stands before it went wrong. */
    private static String[] answer(Run run, Jvm process, String start) {
        while (true) {
            String line = process.awaitLine("", PATIENCE);
            if (line.startsWith(start)) {
                return line.substring(start.length()).split(" ");
            }
            if (line.startsWith(HonestServer.FAULT)) {
                run.fail(line);
            }
        }
    }

    private static void requireNoGrowth(Run run, String what, Jvm process, ProcSnapshot before) {
        try {
            ProcSnapshot.awaitNoGrowth(process.pid(), before);
        } catch (AssertionError e) {
            run.fail("honest " + what + " " + e.getMessage());
        }
    }
}
