package dev.homeport.examples.approvals;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.CallbackServices;
import dev.homeport.examples.Examples;
import dev.homeport.examples.StatusExit;
import dev.homeport.examples.approvals.proto.BatchesGrpc;
import dev.homeport.examples.approvals.proto.TidyReply;
import dev.homeport.examples.approvals.proto.TidyRequest;
import dev.homeport.examples.approvals.proto.Verdict;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches over real directories, with callers that answer, refuse, die or say nothing; the same by both routes. */
@Timeout(60)
@Tag("lpc")
@ParameterizedClass
@ValueSource(strings = {"auto", "remote"})
class ApprovalsTest {
    private static final String ROUTE = "homeport.route";
    private static final String CONNECT_WAIT = "homeport.connect.wait";

    private final String route;
    private final List<Server> servers = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final List<ApproverService> approvers = new ArrayList<>();
    @TempDir
    private Path root;
    private String target;

    ApprovalsTest(String route) {
        this.route = route;
    }

    @BeforeEach
    void start() throws IOException {
        System.setProperty(ROUTE, route);
        // The outcome names the way, so a busy machine must not choose it.
        System.setProperty(CONNECT_WAIT, "5s");
        write("a.txt", "alpha");
        write("b.txt", "beta");
        write("copies/a.tmp", "alpha");
        write("copies/b.tmp", "beta");
        write("empty.log", "");
        Files.createSymbolicLink(root.resolve("link.tmp"), root.resolve("a.txt"));
        target = serve(Duration.ofSeconds(30));
    }

    private void write(String path, String content) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(root.resolve(path), content);
    }

    private String serve(Duration patience) throws IOException {
        Server server = ApprovalsCommand.start(root, 0, patience);
        servers.add(server);
        return "localhost:" + server.getPort();
    }

    @AfterEach
    void stop() throws InterruptedException {
        System.clearProperty(ROUTE);
        System.clearProperty(CONNECT_WAIT);
        approvers.forEach(ApproverService::close);
        for (ManagedChannel channel : channels) {
            channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        for (Server server : servers) {
            assertThat(server.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** How the command ended. */
    private record Outcome(int exit, String out, String err) {}

    private Outcome tidy(String answers, String... arguments) {
        return tidy(new ByteArrayInputStream(answers.getBytes(StandardCharsets.UTF_8)), arguments);
    }

    private Outcome tidy(InputStream answers, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> all = new ArrayList<>(List.of("tidy", target));
        all.addAll(List.of(arguments));
        int exit = Examples.commandLine(new ApprovalsCommand(answers))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(all.toArray(String[]::new));
        return new Outcome(exit, out.toString(), err.toString());
    }

    private static int exitOf(Status.Code code) {
        return StatusExit.FIRST + code.value();
    }

    /** Path to content of every file, those in the bin included. */
    private Map<String, String> tree() {
        Map<String, String> tree = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    tree.put(root.relativize(file).toString(), Files.readString(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tree;
    }

    private BatchesGrpc.BatchesBlockingStub client(CallbackServices... services) {
        ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .intercept(services)
                .build();
        channels.add(channel);
        return BatchesGrpc.newBlockingStub(channel);
    }

    private CallbackServices answering(Policy policy) {
        ApproverService approver = new ApproverService(policy, new PrintWriter(new StringWriter()));
        approvers.add(approver);
        return CallbackServices.of(approver);
    }

    private Status statusOf(CallbackServices... services) {
        try {
            client(services).tidy(TidyRequest.getDefaultInstance());
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Test
    void filesThatAreGivenUpGoIntoTheBin() throws IOException {
        Outcome outcome = tidy("", "--bin", "*.tmp", "--keep", "copies/b.*");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).contains("binned copies/a.tmp", "1 of 5 files binned, in .bin/", "5 of 5 files read");
        assertThat(outcome.out()).contains(route.equals("auto") ? "local by " : "remote (");
        Path bin = onlyEntry(root.resolve(Bin.NAME));
        assertThat(bin.resolve("copies/a.tmp")).hasContent("alpha");
        assertThat(root.resolve("copies/a.tmp")).doesNotExist();
        assertThat(root.resolve("copies/b.tmp")).hasContent("beta");
        assertThat(root.resolve("link.tmp")).isSymbolicLink();

        assertThat(tidy("", "--bin", "*.tmp").out()).as("the bin is left alone").contains("1 of 4 files binned");
    }

    private static Path onlyEntry(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            List<Path> all = entries.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }

    @Test
    void personIsAskedAboutEachFile() {
        Outcome outcome = tidy("b\nwhat?\nk\nb\n", "--ask");

        assertThat(outcome.out())
                .contains("copies/a.tmp (5 bytes) is the same as a.txt. (b)in, (k)eep, (s)top?")
                .contains("b, k or s.")
                .contains("empty.log is empty.")
                .contains("2 of 5 files binned");
        assertThat(tree())
                .containsKeys("a.txt", "b.txt", "copies/b.tmp")
                .doesNotContainKeys("copies/a.tmp", "empty.log");
    }

    @Test
    void partOfTheTreeIsTidied() {
        assertThat(tidy("", "copies", "--bin", "*").out()).contains("0 of 2 files binned");
        assertThat(tidy("", "..", "--bin", "*").exit()).isEqualTo(exitOf(Status.Code.NOT_FOUND));
        assertThat(tidy("", "link.tmp", "--bin", "*").exit()).isEqualTo(exitOf(Status.Code.NOT_FOUND));
    }

    @Test
    void stopMovesNothing() {
        Map<String, String> before = tree();

        Outcome outcome = tidy("b\nb\ns\n", "--ask");

        assertThat(outcome.exit()).isEqualTo(exitOf(Status.Code.ABORTED));
        assertThat(outcome.err()).contains("stopped by the caller");
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void deathOfTheClientStopsTheBatchAndMovesNothing() throws Exception {
        Map<String, String> before = tree();
        tidy("s\n", "--ask");
        try (Jvm client = Jvm.Launch.of(ApprovalsCommand.class)
                .option("-D" + ROUTE + "=" + route)
                .option("-D" + CONNECT_WAIT + "=5s")
                .start("tidy", target, "--ask")) {
            client.awaitLine("copies/a.tmp");
            client.send("b");
            client.awaitLine("copies/b.tmp");

            client.kill();
        }

        Server server = servers.getFirst();
        server.shutdown();
        assertThat(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).as("the batch has ended").isTrue();
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void clientThatNeverAnswersRunsIntoTheDeadline() throws IOException {
        Map<String, String> before = tree();
        servers.getFirst().shutdownNow();
        target = serve(Duration.ofMillis(200));
        Outcome outcome;
        try (PipedOutputStream silent = new PipedOutputStream();
                PipedInputStream answers = new PipedInputStream(silent)) {
            outcome = tidy(answers, "--ask");
        }

        assertThat(outcome.exit()).isEqualTo(exitOf(Status.Code.DEADLINE_EXCEEDED));
        assertThat(outcome.err()).contains("no answer about copies/a.tmp within 200 ms");
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void deadlineOfTheCallerStopsTheBatch() {
        Map<String, String> before = tree();
        CompletableFuture<Verdict.Choice> never = new CompletableFuture<>();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        var client = client(answering(doubt -> {
            asked.complete(null);
            return never.join();
        }));
        Status status;
        try {
            client.withDeadlineAfter(400, TimeUnit.MILLISECONDS).tidy(TidyRequest.getDefaultInstance());
            status = Status.OK;
        } catch (StatusRuntimeException e) {
            status = e.getStatus();
        }
        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(asked).isDone();
        never.complete(Verdict.Choice.BIN);

        Wait.until("another batch may begin", () -> statusOf(answering(Policy.keep())).isOk());
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void failureInTheMidstOfMovingPutsBackWhatWasMoved() throws IOException {
        Map<String, String> before = tree();

        Status status = statusOf(answering(doubt -> {
            if (doubt.getPath().equals("empty.log")) {
                writeQuietly("empty.log", "no longer empty");
            }
            return Verdict.Choice.BIN;
        }));

        assertThat(status.getCode()).isEqualTo(Status.Code.ABORTED);
        assertThat(status.getDescription()).contains("empty.log");
        before.put("empty.log", "no longer empty");
        assertThat(tree()).isEqualTo(before);
    }

    private void writeQuietly(String path, String content) {
        try {
            write(path, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void batchThatAnEarlierServerLeftOpenIsPutBack() throws IOException {
        Map<String, String> before = tree();
        Path open = Files.createDirectories(root.resolve(".bin/open-1/copies"));
        Files.move(root.resolve("copies/a.tmp"), open.resolve("a.tmp"));
        assertThat(tree()).isNotEqualTo(before);

        serve(Duration.ofSeconds(1));

        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void secondBatchAtATimeIsRefused() {
        CompletableFuture<Verdict.Choice> answer = new CompletableFuture<>();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        var first = client(answering(doubt -> {
            asked.complete(null);
            return answer.join();
        }));
        CompletableFuture<TidyReply> reply = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                reply.complete(first.tidy(TidyRequest.getDefaultInstance()));
            } catch (StatusRuntimeException e) {
                asked.completeExceptionally(e);
                reply.completeExceptionally(e);
            }
        });
        Wait.get(asked);

        assertThat(statusOf(answering(Policy.keep())).getDescription()).isEqualTo("another batch is being done");

        answer.complete(Verdict.Choice.KEEP);
        assertThat(Wait.get(reply).getBinnedCount()).isZero();
    }

    @Test
    void callerThatCannotBeAskedIsTold() {
        try {
            client().tidy(TidyRequest.getDefaultInstance());
            assertThat(route).as("must have failed").isEmpty();
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        }
    }
}
