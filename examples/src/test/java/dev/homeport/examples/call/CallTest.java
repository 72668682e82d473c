package dev.homeport.examples.call;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.examples.Examples;
import dev.homeport.examples.StatusExit;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The command against a server of this host by LPC, and against a plain one of grpc-netty. */
@Timeout(60)
@ParameterizedClass
@EnumSource
@Tag("lpc")
class CallTest {
    private static final String ECHO = "homeport.testkit.Echo";
    private static final Metadata.Key<String> COLOUR = Metadata.Key.of("colour", Metadata.ASCII_STRING_MARSHALLER);

    /** Where the server is. */
    enum Kind {
        LPC,
        PLAIN_NETTY;

        ServerBuilder<?> builder() {
            return this == LPC
                    ? HomeportServerBuilder.forPort(0, InsecureServerCredentials.create())
                    : NettyServerBuilder.forPort(0);
        }
    }

    private final Kind kind;
    private final BlockingQueue<Metadata> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<EchoRequest> requests = new LinkedBlockingQueue<>();
    private final List<Server> servers = new ArrayList<>();
    private String target;

    CallTest(Kind kind) {
        this.kind = kind;
    }

    @BeforeEach
    void start() throws IOException {
        target = start(kind.builder().addService(ProtoReflectionServiceV1.newInstance()));
    }

    private String start(ServerBuilder<?> builder) throws IOException {
        Server server = builder.addService(new EchoService() {
                    @Override
                    public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                        requests.add(request);
                        super.unary(request, reply);
                    }
                })
                .intercept(new ServerInterceptor() {
                    @Override
                    public <Q, R> ServerCall.Listener<Q> interceptCall(
                            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                        received.add(headers);
                        return next.startCall(call, headers);
                    }
                })
                .build()
                .start();
        servers.add(server);
        return "localhost:" + server.getPort();
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Server server : servers) {
            assertThat(server.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** How the command ended. */
    private record Outcome(int exit, String out, String err) {}

    private Outcome call(String... arguments) {
        return call(InputStream.nullInputStream(), arguments);
    }

    private Outcome call(InputStream input, String... arguments) {
        StringWriter out = new StringWriter();
        return run(input, new PrintWriter(out), out, arguments);
    }

    private Outcome run(InputStream input, PrintWriter writer, StringWriter out, String... arguments) {
        StringWriter err = new StringWriter();
        int exit = Examples.commandLine(new CallCommand(input))
                .setOut(writer)
                .setErr(new PrintWriter(err))
                .execute(arguments);
        return new Outcome(exit, out.toString(), err.toString());
    }

    private static InputStream input(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static int exitOf(Status.Code code) {
        return StatusExit.FIRST + code.value();
    }

    private static void assertWrong(Outcome outcome, String... named) {
        assertThat(outcome.err()).contains(named);
        assertThat(outcome.exit()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
    }

    @Test
    void servicesAndMethodsAreListed() {
        assertThat(call("list", target).out().lines()).contains(ECHO, "grpc.reflection.v1.ServerReflection");
        assertThat(call("list", target, ECHO).out().lines())
                .containsExactly("Empty", "Unary", "Download", "Upload", "Chat", "Missing");
    }

    @Test
    void methodIsDescribedWithItsMessages() {
        assertThat(call("describe", target, ECHO + "/Chat").out())
                .startsWith("rpc Chat(stream homeport.testkit.EchoRequest)"
                        + " returns (stream homeport.testkit.EchoReply);\n")
                .contains("message homeport.testkit.EchoRequest {")
                .contains("  repeated homeport.testkit.Header reply_headers = 7;")
                .contains("message homeport.testkit.Outcome {")
                .doesNotContain("DownloadRequest");
        assertThat(call("describe", target, ECHO).out()).contains("rpc Upload(stream ").contains("rpc Empty(");
    }

    @Test
    void unaryMethodIsCalled() {
        Outcome outcome = call("send", target, ECHO + "/Unary", "{\"sequence\": 7}");

        assertThat(outcome.out()).contains("\"sequence\": \"7\"");
        assertThat(outcome.exit()).isZero();
        assertThat(call("send", target, ECHO + "/Empty").out().strip()).isEqualTo("{\n}");
    }

    @Test
    void wayIsThatOfTheServer() {
        Outcome outcome = call("send", "-v", target, ECHO + "/Empty");

        assertThat(outcome.err()).contains(kind == Kind.LPC ? "route: local by " : "route: remote (");
    }

    @Test
    void streamOfRepliesIsPrinted() {
        Outcome outcome = call("send", target, ECHO + "/Download", "{\"count\": 3, \"bytes\": 1}");

        assertThat(outcome.out().lines().filter(line -> line.contains("payload"))).hasSize(3);
        assertThat(outcome.exit()).isZero();
    }

    @Test
    void streamOfRequestsIsSentFromArgumentsAndInput() {
        Outcome outcome = call(
                input("{\"sequence\": 1}{\n \"sequence\":\n 2}\n\n"),
                "send", target, ECHO + "/Upload", "{\"sequence\": 0}", "-");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).contains("\"count\": \"3\"");
    }

    @Test
    void replyIsPrintedWhileInputIsStillOpen() throws Exception {
        BlockingQueue<String> printed = new LinkedBlockingQueue<>();
        StringWriter out = new StringWriter();
        PrintWriter writer = new PrintWriter(out) {
            @Override
            public void println(String line) {
                printed.add(line);
            }
        };
        PipedInputStream input = new PipedInputStream();
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        try (PipedOutputStream typed = new PipedOutputStream(input)) {
            Thread.ofPlatform().daemon().start(() ->
                    outcome.complete(run(input, writer, out, "send", target, ECHO + "/Chat", "-")));
            for (int i = 1; i < 4; i++) {
                typed.write(("{\"sequence\": " + i + "}").getBytes(StandardCharsets.UTF_8));
                typed.flush();
                assertThat(Wait.take(printed)).contains("\"sequence\": \"" + i + "\"");
            }
        }
        assertThat(Wait.get(outcome).exit()).isZero();
    }

    @Test
    void statusOfTheServerIsToldAndIsTheExitCode() {
        Outcome outcome = call(
                "send", target, ECHO + "/Unary", "{\"outcome\": {\"code\": 5, \"description\": \"no such thing\"}}");

        assertThat(outcome.err().strip()).isEqualTo("NOT_FOUND: no such thing");
        assertThat(outcome.exit()).isEqualTo(69);
        Outcome stream = call(
                "send", target, ECHO + "/Download", "{\"count\": 1, \"outcome\": {\"code\": 10}}");
        assertThat(stream.exit()).isEqualTo(exitOf(Status.Code.ABORTED));
        assertThat(stream.out()).isNotEmpty();
        assertThat(call("send", target, ECHO + "/Missing").exit()).isEqualTo(exitOf(Status.Code.UNIMPLEMENTED));
    }

    @Test
    void deadlineEndsACall() {
        Outcome outcome = call("send", "--deadline", "0.05s", target, ECHO + "/Unary", "{\"delayMillis\": 300}");

        assertThat(outcome.exit()).isEqualTo(exitOf(Status.Code.DEADLINE_EXCEEDED));
        assertWrong(call("send", "--deadline", "soon", target, ECHO + "/Unary"), "not a time", "soon");
    }

    @Test
    void headersAreSentAndThoseOfTheReplyTold() {
        Outcome outcome = call("send", "-v", "-H", "Colour: green", "-H", "key-bin: AAEC", target, ECHO + "/Empty");

        assertThat(outcome.exit()).isZero();
        Metadata ofTheCall = received.stream().reduce((first, last) -> last).orElseThrow();
        assertThat(ofTheCall.get(COLOUR)).isEqualTo("green");
        assertThat(ofTheCall.get(Metadata.Key.of("key-bin", Metadata.BINARY_BYTE_MARSHALLER)))
                .containsExactly(0, 1, 2);
        assertWrong(call("send", "-H", "green", target, ECHO + "/Empty"), "green");
        assertWrong(call("send", "-H", "key-bin: *", target, ECHO + "/Empty"), "key-bin");
    }

    @Test
    void unknownNamesAreNamedWithWhatThereIs() {
        assertWrong(call("send", target, ECHO + "/Unarry"), "unknown method: " + ECHO + "/Unarry", "Unary, Upload");
        assertWrong(call("send", target, "homeport.Ecko/Unary"), "unknown service: homeport.Ecko", ECHO);
        assertWrong(call("send", target, "Unary"), "not a full method name");
        assertWrong(call("describe", target, ECHO + "/Unarry"), "unknown method");
        assertWrong(call("describe", target, "Ecko"), "unknown service: Ecko", ECHO);
        assertWrong(call("list", target, "Ecko"), "unknown service: Ecko", ECHO);
    }

    @Test
    void jsonThatDoesNotFitIsNamedAndNotSent() {
        assertWrong(
                call("send", target, ECHO + "/Unary", "{\"outcome\": {\"kode\": 1}}"),
                "unknown field outcome.kode in homeport.testkit.Outcome");
        assertWrong(call("send", target, ECHO + "/Unary", "{\"sequence\": \"x\"}"), "field sequence (uint64)");
        assertWrong(call("send", target, ECHO + "/Unary", "{\"sequence\": "), "malformed");
        assertWrong(call("send", target, ECHO + "/Unary", "{\"outcome\":".repeat(200)), "too deep", "max=100");
        assertWrong(call(input("7 nonsense"), "send", target, ECHO + "/Unary", "-"), "malformed: at line 1 column 4");
        assertWrong(call("send", target, ECHO + "/Unary", "{}", "{}"), "takes one message");
        String large = "{\"payload\": \"" + "A".repeat(JsonTexts.MAX_CHARS);
        assertWrong(call(input(large), "send", target, ECHO + "/Unary", "-"), "too large");
        assertThat(requests).isEmpty();
    }

    @Test
    void jsonThatDoesNotFitInTheMidstOfAStreamEndsTheCall() {
        Outcome outcome = call("send", target, ECHO + "/Upload", "{}", "{\"nope\": 1}");

        assertWrong(outcome, "unknown field nope in homeport.testkit.EchoRequest");
    }

    @Test
    void wrongUsageIsTold() {
        assertWrong(call("send", target), "METHOD");
        assertWrong(call("send", "--route", "sideways", target, ECHO + "/Empty"), "--route");
        assertWrong(call("list", "lpc:../x"), "lpc:../x");
    }

    @Test
    void serverThatIsNotThereIsUnavailable() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        String missing = kind == Kind.LPC ? "lpc:nobody-has-this-name" : "localhost:" + free;

        assertThat(call("send", missing, ECHO + "/Empty").exit()).isEqualTo(exitOf(Status.Code.UNAVAILABLE));
    }

    @Test
    void serverWithoutReflectionNeedsADescriptorSet(@TempDir Path directory) throws IOException {
        String silent = start(kind.builder());
        assertWrong(call("list", silent), "no reflection");
        assertWrong(call("send", silent, ECHO + "/Empty"), "no reflection", "descriptor set");

        FileDescriptorProto echo = EchoRequest.getDescriptor().getFile().toProto();
        Path set = directory.resolve("echo.set");
        Files.write(set, FileDescriptorSet.newBuilder().addFile(echo).build().toByteArray());
        assertThat(call("send", "--descriptor-set", set.toString(), silent, ECHO + "/Unary", "{\"sequence\": 3}").out())
                .contains("\"sequence\": \"3\"");

        Files.write(set, FileDescriptorSet.newBuilder()
                .addFile(echo.toBuilder().addDependency("not/there.proto"))
                .build()
                .toByteArray());
        assertWrong(
                call("send", "--descriptor-set", set.toString(), silent, ECHO + "/Unary"),
                "file not/there.proto is missing, imported by homeport/testkit/echo.proto");
        Files.writeString(set, "no descriptors");
        assertWrong(call("list", "--descriptor-set", set.toString(), silent), "not a descriptor set");
    }
}
