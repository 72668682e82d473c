package dev.homeport.chaos.topic;

import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.chaos.process.Hoarder;
import dev.homeport.chaos.process.NextDoor;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.OtherUser;
import dev.homeport.testkit.process.ProcSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * A client of one user takes connections, half-open set-ups and sections of a server until it is refused, holds them, and
 * goes on asking; in every second trial the server has so few descriptors that those run out first. A client of another user
 * calls as before, is given new connections and sections, and nothing of the first is left once it is killed.
 */
public final class Hoard implements Topic {
    private static final int HOARDER = OtherUser.NOBODY;
    private static final int NEIGHBOUR = OtherUser.SOMEBODY;
    private static final int ROOT = 0;
    private static final int CALM_MILLIS = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What one user may have: half-open set-ups, connections, descriptors of connections, mapped bytes. */
    private static final long[] LIMITS = {64, 1_024, 2_048, 1L << 30};
    /** What the server has that is short of descriptors, and what of them one user gets. */
    private static final int FEW_DESCRIPTORS = 1_024;
    private static final int SHARE = FEW_DESCRIPTORS / 2;
    /** Of a half-open set-up: the socket, and what may have come with a request. */
    private static final int OF_SETUP = 2;
    /** For what the neighbour has at that moment: a connection that comes, one that goes, and its sections. */
    private static final int NEIGHBOUR_DESCRIPTORS = 32;
    private static final long NEIGHBOUR_BYTES = 64 << 20;
    /** Two outboxes. */
    private static final long CONNECTION_BYTES = 128 << 10;
    private static final int NUMBERS = 4;
    /** Below this the difference is the scheduler's. */
    private static final double FLOOR_MILLIS = 2;

    @Override
    public String trials() {
        return "times a user held all that it is given";
    }

    @Override
    public long fullSize() {
        return 20;
    }

    @Override
    public long shortSize() {
        return 1;
    }

    @Override
    public void run(Run run) throws Exception {
        String reason = OtherUser.whyImpossible();
        if (!reason.isEmpty()) {
            run.fact("SKIPPED: " + reason);
            run.done(run.size());
            return;
        }
        Path runtime = Files.createTempDirectory("homeport-hoard-");
        OtherUser.open(runtime);
        try (OtherUser users = new OtherUser()) {
            Place enough = new Place(users, runtime, "hoard", "");
            Place few = new Place(users, runtime, "hoard-few", "prlimit --nofile=" + FEW_DESCRIPTORS);
            hold(run, enough, 0, LIMITS);
            hold(run, few, 1, new long[] {LIMITS[0], SHARE / 2, SHARE, LIMITS[3]});
        } finally {
            delete(runtime);
        }
        for (String kind : NextDoor.KINDS) {
            double before = run.percentileMillis(what(kind, "before"), 99);
            run.expect(what(kind, "during"), 99, Math.max(FLOOR_MILLIS, 2 * before));
        }
    }

    private static String what(String kind, String when) {
        return "neighbour's " + kind + " " + when;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /**
     * Where it happens.
     *
     * @param behind program that starts the server, with its options; may be empty
     */
    private record Place(OtherUser users, Path runtime, String name, String behind) {
        Jvm serve() {
            Jvm.Launch launch = Jvm.Launch.of(EchoServer.class).option("-Dhomeport.dir=" + runtime);
            Jvm server = (behind.isEmpty() ? launch : launch.behind(behind.split(" ")))
                    .start(name, EchoServer.EVERYBODY);
            server.awaitLine(EchoServer.LISTENING);
            return server;
        }

        Jvm start(int uid, Class<?> program) {
            return users.launch(uid, program).option("-Dhomeport.dir=" + runtime).start(name);
        }
    }

    private static void hold(Run run, Place place, int parity, long[] limits) throws DataFormatException {
        long first = run.first() + Math.floorMod(parity - run.first(), 2);
        if (first >= run.end()) {
            return;
        }
        try (Jvm server = place.serve();
                Jvm neighbour = place.start(NEIGHBOUR, NextDoor.class)) {
            neighbour.awaitLine(NextDoor.WARM, PATIENCE);
            // What stays for the life of the server is made by the first of its kind.
            try (Jvm hoarder = place.start(HOARDER, Hoarder.class)) {
                hoarder.awaitLine(Hoarder.TAKEN, PATIENCE);
            }
            awaitNothing(run, "before", server);
            ProcSnapshot before = ProcSnapshot.of(server.pid());
            for (long trial = first; trial < run.end(); trial += 2) {
                call(run, neighbour, "before");
                try (Jvm hoarder = place.start(HOARDER, Hoarder.class)) {
                    String taken = hoarder.awaitLine(Hoarder.TAKEN, PATIENCE);
                    expectTaken(run, trial, taken, limits);
                    call(run, neighbour, "during");
                    expectWithin(run, trial, server, before, limits);
                    if (!hoarder.isAlive()) {
                        run.fail("trial " + trial + ": the hoarder died: " + hoarder.errors());
                    }
                }
                awaitNothing(run, "trial " + trial, server);
                requireNoGrowth(run, trial, server, before);
                run.done(1);
            }
        }
    }

    private static void call(Run run, Jvm neighbour, String when) throws DataFormatException {
        neighbour.send(Integer.toString(CALM_MILLIS));
        String line = neighbour.awaitLine("", PATIENCE);
        while (line.startsWith(NextDoor.FAULT)) {
            run.fail("neighbour " + when + ": " + line.substring(NextDoor.FAULT.length()));
            line = neighbour.awaitLine("", PATIENCE);
        }
        List<Histogram> times = NextDoor.read(line.substring(NextDoor.CALLED.length()));
        for (int i = 0; i < times.size(); i++) {
            run.times(what(NextDoor.KINDS.get(i), when), times.get(i));
        }
    }

    /** It must have been given all that it may have: else it does not show that others have the rest. */
    private static void expectTaken(Run run, long trial, String taken, long[] limits) {
        String[] words = taken.split(" ", NUMBERS + 1);
        long sections = limits[3] >> 24;
        if (Long.parseLong(words[0]) != limits[1] || Long.parseLong(words[1]) != sections
                || Long.parseLong(words[2]) != limits[0] || !words[3].equals("1")) {
            run.fail("trial " + trial + ": the hoarder has connections, sections, set-ups, violations " + taken + "; expected "
                    + limits[1] + " " + sections + " " + limits[0] + " 1");
        }
        if (trial - run.first() < 2) {
            run.fact("it had " + words[0] + " connections, " + words[1] + " sections of 16 MiB, " + words[2]
                    + " half-open set-ups, then \"" + words[NUMBERS] + "\"");
        }
    }

    private static long[] account(Jvm server) {
        server.send(EchoServer.ACCOUNT + HOARDER);
        return Stream.of(server.awaitLine(EchoServer.ACCOUNT, PATIENCE).split(" ")).mapToLong(Long::parseLong).toArray();
    }

    /** What the server's account says, and what the kernel says of the server. */
    private static void expectWithin(Run run, long trial, Jvm server, ProcSnapshot before, long[] limits) {
        long[] account = account(server);
        for (int i = 0; i < limits.length; i++) {
            if (account[i] > limits[i]) {
                run.fail("trial " + trial + ": the hoarder's account says " + account[i] + ", limit " + limits[i]);
            }
        }
        ProcSnapshot now = ProcSnapshot.of(server.pid());
        long descriptors = now.descriptorCount() - before.descriptorCount();
        if (descriptors > limits[2] + OF_SETUP * limits[0] + NEIGHBOUR_DESCRIPTORS) {
            run.fail("trial " + trial + ": the server has " + descriptors + " descriptors more");
        }
        long bytes = now.memfdBytes() - before.memfdBytes();
        if (bytes > limits[3] + CONNECTION_BYTES * limits[1] + NEIGHBOUR_BYTES) {
            run.fail("trial " + trial + ": the server maps " + bytes + " bytes more");
        }
        if (trial - run.first() < 2) {
            run.fact("descriptors of the server " + before.descriptorCount() + " before and " + now.descriptorCount()
                    + " during, MiB mapped " + (before.memfdBytes() >> 20) + " and " + (now.memfdBytes() >> 20));
        }
    }

    private static void awaitNothing(Run run, String when, Jvm server) {
        try {
            Wait.until("the hoarder has nothing", () -> isNothing(account(server)));
        } catch (AssertionError e) {
            run.fail(when + ": left of a dead hoarder: " + Arrays.toString(account(server)));
        }
    }

    private static boolean isNothing(long[] account) {
        return Arrays.stream(account).sum() == 0;
    }

    private static void requireNoGrowth(Run run, long trial, Jvm server, ProcSnapshot before) {
        try {
            ProcSnapshot.awaitNoGrowth(server.pid(), before);
        } catch (AssertionError e) {
            run.fail("trial " + trial + ": " + e.getMessage());
        }
    }
}
