package dev.homeport.chaos.topic;

import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.Alone;
import dev.homeport.chaos.process.Forbidden;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.NamedServer;
import dev.homeport.testkit.process.PlainClient;
import dev.homeport.testkit.process.PlainServer;
import dev.homeport.testkit.process.ProcSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A program that knows only {@code io.grpc} in environments that lack something: it does the same as anywhere, and says at
 * most a line about it. A trial is an environment.
 */
public final class EnvironmentMatrix implements Topic {
    private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";
    private static final String X86_64 = "amd64";
    private static final String MEMFD_CREATE = "319";
    private static final String PROCESS_VM_READV_AND_WRITEV = "310,311";
    /** Beside the jars of the class path, each of which the JVM keeps open. */
    private static final int FEW_DESCRIPTORS = 64;

    /** @param start starts it; each has the TCP port it serves as its argument */
    private record Case(String name, Supplier<Jvm> start) {}

    @Override
    public String trials() {
        return "environments";
    }

    @Override
    public long fullSize() {
        return cases().size();
    }

    @Override
    public long shortSize() {
        return fullSize();
    }

    private static Jvm.Launch alone() {
        return Jvm.Launch.of(Alone.class).option("-XX:TieredStopAtLevel=1").option("-XX:+UseSerialGC");
    }

    private static Supplier<Jvm> in(Jvm.Launch launch) {
        return () -> launch.start("0");
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        cases.add(new Case("an ordinary one", in(alone())));
        cases.add(new Case("native access denied",
                in(alone().withoutOption(NATIVE).option("--illegal-native-access=deny"))));
        cases.add(new Case("a runtime directory that cannot be made", in(alone().option("-Dhomeport.dir=/proc/none"))));
        cases.add(new Case("switched off", in(alone().option("-Dhomeport.route=remote"))));
        int descriptors = Jvm.ownClassPath().size() + FEW_DESCRIPTORS;
        cases.add(new Case(FEW_DESCRIPTORS + " descriptors beside the class path's",
                in(alone().behind("prlimit", "--nofile=" + descriptors + ":" + descriptors))));
        cases.add(new Case("a process namespace of its own", in(alone().behind("unshare", "-p", "-f", "--mount-proc"))));
        cases.add(new Case("a user namespace of its own", in(alone().behind("unshare", "-U", "-r"))));
        cases.add(new Case("a user namespace that maps nobody", in(alone().behind("unshare", "-U"))));
        cases.add(new Case("a network namespace of its own", in(inNewNetwork())));
        if (System.getProperty("os.arch").equals(X86_64)) {
            Jvm.Launch forbidden = Jvm.Launch.of(Forbidden.class).option("-XX:+UseSerialGC");
            cases.add(new Case("no memfd_create", () -> forbidden.start(MEMFD_CREATE, "0")));
            cases.add(new Case("no process_vm_readv", () -> forbidden.start(PROCESS_VM_READV_AND_WRITEV, "0")));
        }
        return cases;
    }

    private static Jvm.Launch inNewNetwork() {
        return alone().behind("unshare", "-n", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh");
    }

    @Override
    public void run(Run run) {
        List<Case> cases = cases();
        List<String> expected = linesOf(cases.getFirst().start);
        for (long trial = run.first(); trial < run.end(); trial++) {
            Case one = cases.get((int) trial);
            try {
                List<String> lines = linesOf(one.start);
                if (!lines.equals(expected)) {
                    run.fail(one.name + ": " + difference(expected, lines));
                }
            } catch (AssertionError e) {
                run.fail(one.name + ": " + e.getMessage());
            }
            run.done(1);
        }
        try {
            sharedDirectory(run, expected);
        } catch (AssertionError e) {
            run.fail("a directory shared by two network namespaces: " + e.getMessage());
        }
    }

    private static List<String> linesOf(Supplier<Jvm> start) {
        try (Jvm jvm = start.get()) {
            return jvm.awaitLinesUntil(PlainClient.DONE);
        }
    }

    private static String difference(List<String> expected, List<String> found) {
        List<String> missing = new ArrayList<>(expected);
        missing.removeAll(found);
        List<String> more = new ArrayList<>(found);
        more.removeAll(expected);
        return "not said: " + missing + ", said instead: " + more;
    }

    /** Servers on the same TCP port in two network namespaces that share their runtime directory: each its own clients. */
    private static void sharedDirectory(Run run, List<String> expected) {
        try (Jvm outside = Jvm.Launch.of(NamedServer.class).start("0")) {
            String port = outside.awaitLine(PlainServer.PORT);
            ProcSnapshot before = ProcSnapshot.of(outside.pid());
            try (Jvm inside = inNewNetwork().start(port)) {
                if (!inside.awaitLinesUntil(PlainClient.DONE).equals(expected)) {
                    run.fail("a directory shared by two network namespaces: the program does otherwise");
                }
                if (ProcSnapshot.of(outside.pid()).memfdMappings() > before.memfdMappings()) {
                    run.fail("a client reached the server of another network namespace");
                }
            }
        }
        run.fact("directory shared by two network namespaces too");
    }
}
