package dev.homeport.examples.host;

import static dev.homeport.testkit.process.OtherUser.NOBODY;
import static dev.homeport.testkit.process.OtherUser.SOMEBODY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.examples.StatusExit;
import dev.homeport.examples.call.CallCommand;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.OtherUser;
import io.grpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The daemon as root, and callers that are processes of other users: what each is shown, and what refused. */
@Timeout(300)
@Tag("lpc")
class HostTest {
    private static final int ROOT = 0;
    /** Callers that come until a dead one's place is free: tries and not seconds, as each starts a JVM. */
    private static final int PLACE_TRIES = 5;
    /** No kernel gives a process this number. */
    private static final int NO_PID = 1 << 23;

    @TempDir
    private static Path directory;
    private static OtherUser users;
    /** Serves every local user. */
    private static Jvm daemon;

    private final List<Process> started = new ArrayList<>();
    private Path runtime = directory.resolve("run");

    @BeforeAll
    static void prepare() throws IOException {
        OtherUser.assumePossible();
        users = new OtherUser();
        OtherUser.open(directory);
        daemon = serve(openDirectory("run"));
    }

    @AfterAll
    static void cleanUp() {
        if (users != null) {
            daemon.close();
            users.close();
        }
    }

    private static Path openDirectory(String name) throws IOException {
        Path made = Files.createDirectory(directory.resolve(name));
        OtherUser.open(made);
        return made;
    }

    @AfterEach
    void end() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
    }

    private static Jvm serve(Path runtime, String... options) {
        List<String> arguments = new ArrayList<>(List.of("serve", "--name=host"));
        arguments.addAll(List.of(options));
        Jvm started = users.launch(ROOT, HostCommand.class)
                .option("-Dhomeport.dir=" + runtime)
                .start(arguments.toArray(String[]::new));
        started.awaitLine(HostServer.SERVING);
        return started;
    }

    private Jvm launch(int uid, String... arguments) {
        return users.launch(uid, HostCommand.class).option("-Dhomeport.dir=" + runtime).start(arguments);
    }

    /** How a command of some user ended. */
    private record Outcome(int exit, String output, String errors) {
        String lineOf(long pid) {
            return output.lines().filter(line -> line.startsWith(String.format("%7d ", pid))).findFirst().orElse("");
        }
    }

    private Outcome run(int uid, String... arguments) {
        try (Jvm command = launch(uid, arguments)) {
            String output = String.join("\n", command.awaitLinesToEnd());
            return new Outcome(command.awaitExit(), output, command.errors());
        }
    }

    private static int exitOf(Status.Code code) {
        return StatusExit.FIRST + code.value();
    }

    private static void assertRefused(Outcome outcome) {
        assertThat(outcome.exit()).isEqualTo(exitOf(Status.Code.PERMISSION_DENIED));
        assertThat(outcome.output()).isEmpty();
        assertThat(outcome.errors()).endsWith("PERMISSION_DENIED: not allowed");
    }

    private Process start(List<String> before, String... command) throws IOException {
        List<String> all = new ArrayList<>(before);
        all.addAll(List.of(command));
        Process process = new ProcessBuilder(all).start();
        started.add(process);
        Path name = Path.of("/proc", Long.toString(process.pid()), "comm");
        Wait.until("it is the program", () -> contentOf(name).equals(command[0]));
        return process;
    }

    private static String contentOf(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process sleepOf(int uid) throws IOException {
        return start(uid == ROOT ? List.of() : OtherUser.command(uid), "sleep", "300");
    }

    @Test
    void callerIsWhomTheKernelSays() {
        assertThat(run(NOBODY, "about").output()).contains("you are uid=65534 ").doesNotContain("root");
        assertThat(run(ROOT, "about").output()).contains("you are uid=0 ").contains(", root");
    }

    @Test
    void userClaimedInMetadataHasNoEffect() {
        try (Jvm command = users.launch(NOBODY, CallCommand.class)
                .option("-Dhomeport.dir=" + runtime)
                .start("send", "-H", "uid: 0", "-H", "homeport-uid: 0", "-H", "x-remote-user: root", "lpc:host",
                        "homeport.examples.Host/About")) {
            assertThat(command.awaitLinesToEnd()).anyMatch(line -> line.contains("\"uid\": 65534"));
        }
    }

    @Test
    void userSeesOwnProcessesInDetailAndOthersInOutline() throws IOException {
        Process own = sleepOf(NOBODY);
        Process others = sleepOf(SOMEBODY);
        Outcome nobody = run(NOBODY, "processes");
        assertThat(nobody.exit()).isZero();
        assertThat(nobody.lineOf(own.pid())).endsWith("sleep 300");
        assertThat(nobody.lineOf(others.pid())).contains("sleep").doesNotContain("300");
        assertThat(nobody.lineOf(daemon.pid())).contains("java").doesNotContain("-Dhomeport.dir=");

        Outcome root = run(ROOT, "processes");
        assertThat(root.lineOf(own.pid())).endsWith("sleep 300");
        assertThat(root.lineOf(others.pid())).endsWith("sleep 300");
        assertThat(root.lineOf(daemon.pid())).contains("-Dhomeport.dir=");

        Outcome onlyOwn = run(NOBODY, "processes", "--own");
        assertThat(onlyOwn.lineOf(own.pid())).isNotEmpty();
        assertThat(onlyOwn.lineOf(others.pid())).isEmpty();
    }

    @Test
    void programWithRightsOfAnotherUserIsNotItsStartersOwn() throws IOException {
        Process mixed = start(List.of("setpriv", "--ruid=" + NOBODY, "--euid=0"), "sleep", "300");
        assertThat(run(NOBODY, "processes").lineOf(mixed.pid())).contains("sleep").doesNotContain("300");
        assertRefused(run(NOBODY, "limits", Long.toString(mixed.pid())));
    }

    @Test
    void limitsAreToldOfOwnProcessesOnly() throws IOException {
        Process own = sleepOf(NOBODY);
        Process others = sleepOf(ROOT);
        assertThat(run(NOBODY, "limits", Long.toString(own.pid())).output()).contains("Max open files");
        assertThat(run(NOBODY, "limits").output()).contains("Max open files");
        assertRefused(run(NOBODY, "limits", Long.toString(others.pid())));
        // What is not there is refused in the same words.
        assertRefused(run(NOBODY, "limits", Integer.toString(NO_PID)));

        assertThat(run(ROOT, "limits", Long.toString(own.pid())).output()).contains("Max open files");
        assertThat(run(ROOT, "limits", Integer.toString(NO_PID)).exit()).isEqualTo(exitOf(Status.Code.NOT_FOUND));
    }

    @Test
    void limitIsSetByRootOnly() throws IOException {
        Process own = sleepOf(NOBODY);
        String pid = Long.toString(own.pid());
        Path limits = Path.of("/proc", pid, "limits");
        String before = Files.readString(limits);
        assertRefused(run(NOBODY, "set-limit", pid, "OPEN_FILES", "11", "12"));
        assertRefused(run(NOBODY, "set-limit", Integer.toString(NO_PID), "OPEN_FILES", "11", "12"));
        assertThat(Files.readString(limits)).isEqualTo(before);
        assertThat(daemon.errors()).contains("call refused").contains("SetLimit").contains("uid=65534");

        // Of root's own process: for another user's, a root without CAP_SYS_RESOURCE, as in containers, is too weak.
        String owned = Long.toString(sleepOf(ROOT).pid());
        assertThat(run(ROOT, "set-limit", owned, "OPEN_FILES", "11", "12").exit()).isZero();
        assertThat(Files.readString(Path.of("/proc", owned, "limits"))).containsPattern("Max open files +11 +12 ");
    }

    @Test
    void ruleWithoutAPassableDirectoryLetsNobodyIn() throws IOException {
        runtime = openDirectory("closed");
        Files.setPosixFilePermissions(runtime, PosixFilePermissions.fromString("rwx------"));
        try (Jvm closed = serve(runtime)) {
            assertThat(closed.errors()).contains("cannot pass");
            assertThat(run(NOBODY, "about").exit()).isEqualTo(exitOf(Status.Code.UNAVAILABLE));
            assertThat(run(ROOT, "about").exit()).isZero();

            OtherUser.open(runtime);
            assertThat(run(NOBODY, "about").exit()).isZero();
        }
    }

    @Test
    void passableDirectoryWithoutARuleLetsNobodyIn() throws IOException {
        runtime = openDirectory("one-user");
        try (Jvm choosy = serve(runtime, "--allow", "user:" + SOMEBODY)) {
            Outcome refused = run(NOBODY, "about");
            assertThat(refused.exit()).isEqualTo(exitOf(Status.Code.UNAVAILABLE));
            assertThat(refused.output()).isEmpty();
            assertThat(run(SOMEBODY, "about").output()).contains("uid=65533 ");
            assertThat(choosy.isAlive()).isTrue();
        }
    }

    @Test
    void groupIsLetIn() throws IOException {
        runtime = openDirectory("one-group");
        try (Jvm choosy = serve(runtime, "--allow", "group:" + NOBODY)) {
            assertThat(run(NOBODY, "about").exit()).isZero();
            assertThat(run(SOMEBODY, "about").exit()).isEqualTo(exitOf(Status.Code.UNAVAILABLE));
            assertThat(choosy.isAlive()).isTrue();
        }
    }

    @Test
    void watchTellsOfProcessesThatBeginAndEnd() throws Exception {
        try (Jvm watch = launch(NOBODY, "watch")) {
            watch.awaitLine("PRESENT");
            Process own = sleepOf(NOBODY);
            assertThat(awaitEvent(watch, "BEGUN ", own.pid())).isNotEmpty();
            own.destroyForcibly().waitFor();
            assertThat(awaitEvent(watch, "ENDED ", own.pid())).isNotEmpty();
        }
    }

    private static String awaitEvent(Jvm watch, String kind, long pid) {
        while (true) {
            String line = watch.awaitLine(kind);
            if (line.strip().startsWith(Long.toString(pid) + " ")) {
                return line;
            }
        }
    }

    @Test
    void watchesOfOneUserAreBoundedAndGivenBackByItsDeath() {
        List<Jvm> open = new ArrayList<>();
        try {
            for (int i = 0; i < Watches.MAX_PER_USER; i++) {
                Jvm watch = launch(NOBODY, "watch");
                open.add(watch);
                watch.awaitLine("PRESENT");
            }
            assertThat(run(NOBODY, "watch").exit()).isEqualTo(exitOf(Status.Code.RESOURCE_EXHAUSTED));

            open.getFirst().kill();

            // The daemon may hear of the death after the next caller has come.
            boolean served = false;
            for (int i = 0; i < PLACE_TRIES && !served; i++) {
                Jvm watch = launch(NOBODY, "watch");
                open.add(watch);
                served = isServed(watch);
            }
            assertThat(served).as("the dead one's place is free; the daemon says: %s", daemon.errors()).isTrue();
        } finally {
            open.forEach(Jvm::close);
        }
    }

    /** False if it was refused for want of a place; anything else is a failure of its own. */
    private static boolean isServed(Jvm watch) {
        try {
            watch.awaitLine("PRESENT");
            return true;
        } catch (AssertionError noLine) {
            if (watch.awaitExit() != exitOf(Status.Code.RESOURCE_EXHAUSTED)) {
                throw noLine;
            }
            return false;
        }
    }

    @Test
    void disksAreThoseThatAreMounted() {
        assertThat(run(NOBODY, "disks").output()).containsPattern("(?m)^/ .* GiB free");
    }

    @Test
    void ruleOfUnknownWordsIsRefused() {
        assertThatThrownBy(() -> HostServer.rule(List.of("everybody"))).hasMessageContaining("everybody");
        assertThatThrownBy(() -> HostServer.rule(List.of("user:nobody-has-this-name")))
                .hasMessageContaining("nobody-has-this-name");
    }
}
