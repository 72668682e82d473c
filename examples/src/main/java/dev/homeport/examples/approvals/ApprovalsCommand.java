package dev.homeport.examples.approvals;

import dev.homeport.CallbackServices;
import dev.homeport.Route;
import dev.homeport.examples.Examples;
import dev.homeport.examples.approvals.proto.BatchesGrpc;
import dev.homeport.examples.approvals.proto.TidyReply;
import dev.homeport.examples.approvals.proto.TidyRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The server and its client: {@code approvals serve} and {@code approvals tidy}. */
@Command(name = "approvals", mixinStandardHelpOptions = true, scope = ScopeType.INHERIT,
        description = "Tidies a directory of the server up, which asks its caller about each doubtful file.")
public final class ApprovalsCommand {
    /** Is followed by the port. */
    static final String LISTENING = "listening on ";

    private final InputStream input;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Made by the command that it is part of. */
    ApprovalsCommand() {
        this(System.in);
    }

    /** @param input holds the answers of a person */
    ApprovalsCommand(InputStream input) {
        this.input = input;
    }

    public static void main(String[] arguments) {
        System.exit(Examples.run(new ApprovalsCommand(), arguments));
    }

    @Command(description = "Serves one directory.")
    void serve(
            @Parameters(paramLabel = "DIRECTORY") Path directory,
            @Option(names = "--port", defaultValue = "50052", description = "${DEFAULT-VALUE}; 0 takes a free one.")
                    int port,
            @Option(names = "--patience", defaultValue = "60s", paramLabel = "TIME",
                    description = "How long an answer may take: ${DEFAULT-VALUE}.") String patience)
            throws IOException, InterruptedException {
        Server server = start(directory, port, Duration.parse("PT" + patience));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        out().println(LISTENING + server.getPort());
        out().flush();
        server.awaitTermination();
    }

    static Server start(Path directory, int port, Duration patience) throws IOException {
        return Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create())
                .addService(new BatchService(directory, patience))
                .build()
                .start();
    }

    @Command(description = {
        "Has the server tidy up, and answers its questions.",
        "A file that a pattern of --keep names stays, else one of --bin goes; for others, --ask asks you, or they stay."
    })
    void tidy(
            @Parameters(index = "0", paramLabel = "TARGET") String target,
            @Parameters(index = "1", arity = "0..1", defaultValue = "", paramLabel = "DIRECTORY",
                    description = "Below the directory that is served.") String directory,
            @Option(names = "--bin", paramLabel = "PATTERN", description = "Such as *.tmp; may be repeated.")
                    List<String> binned,
            @Option(names = "--keep", paramLabel = "PATTERN", description = "Such as letters/**; may be repeated.")
                    List<String> kept,
            @Option(names = "--ask", description = "Asks you, and reads your answers from standard input.")
                    boolean ask) {
        Policy otherwise = ask
                ? Policy.ask(new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8)), out())
                : Policy.keep();
        Policy policy = Policy.byName(
                kept == null ? List.of() : kept, binned == null ? List.of() : binned, otherwise);
        try (ApproverService approver = new ApproverService(policy, out())) {
            tidy(target, directory, approver);
        }
    }

    private void tidy(String target, String directory, ApproverService approver) {
        // Whether the way is local is not said here: the drop-in's jar and the configuration do.
        ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .intercept(CallbackServices.of(approver))
                .build();
        try {
            TidyReply reply = BatchesGrpc.newBlockingStub(channel)
                    .tidy(TidyRequest.newBuilder().setDirectory(directory).build());
            reply.getBinnedList().forEach(path -> out().println("binned " + path));
            out().println(reply.getBinnedCount() + " of " + reply.getFiles() + " files binned"
                    + (reply.getBin().isEmpty() ? "" : ", in " + reply.getBin()));
            out().println(Route.of(channel));
            out().flush();
        } finally {
            channel.shutdownNow();
        }
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
