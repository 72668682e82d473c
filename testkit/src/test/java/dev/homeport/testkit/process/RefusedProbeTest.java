package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.AccessRule;
import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.Technique;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Direct between processes of which one may not read the other's memory, and the kernel says so: large messages go by
 * section and, until there is one, in fragments. Both sides can tell why.
 */
@Timeout(120)
@Tag("lpc")
class RefusedProbeTest {
    private static final int ROOT = 0;
    private static final String SERVING = "serving";
    private static final String TOLD = "told ";
    private static final int LARGE = 1_000_000;
    private static final int CALLS = 100;

    @TempDir
    private static Path directory;
    private static OtherUser users;

    @BeforeAll
    static void prepare() throws IOException {
        OtherUser.assumePossible();
        users = new OtherUser();
        OtherUser.open(directory);
    }

    @AfterAll
    static void cleanUp() {
        if (users != null) {
            users.close();
        }
    }

    private static String told(BodyCounters bodies) {
        return TOLD + "direct=" + bodies.sent(Technique.DIRECT).messages()
                + " sections=" + bodies.sent(Technique.SECTION).messages()
                + " fragments=" + bodies.sent(Technique.FRAGMENTS).messages()
                + " declined=" + bodies.declined(Technique.DIRECT)
                + " last=" + bodies.lastDecline(Technique.DIRECT);
    }

    /** Serves every local user, and tells how its replies travelled when it is asked to. */
    static final class LargeServer {
        private LargeServer() {}

        public static void main(String[] arguments) throws Exception {
            AtomicReference<BodyCounters> bodies = new AtomicReference<>();
            Server server = HomeportServerBuilder.forName(arguments[0])
                    .maxInboundMessageSize(2 * LARGE)
                    .intercept(new ServerInterceptor() {
                        @Override
                        public <Q, R> ServerCall.Listener<Q> interceptCall(
                                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                            bodies.set(call.getAttributes().get(BodyCounters.ATTRIBUTE));
                            return next.startCall(call, headers);
                        }
                    })
                    .addService(new EchoService())
                    .access(AccessRule.anyLocalUser())
                    .build()
                    .start();
            System.out.println(SERVING);
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (input.readLine() != null) {
                System.out.println(told(bodies.get()));
            }
            server.shutdownNow();
        }
    }

    /** Calls, large both ways, and tells how its requests travelled. */
    static final class LargeClient {
        private LargeClient() {}

        public static void main(String[] arguments) throws Throwable {
            if (arguments.length > 1) {
                forbidOthersToLookInside();
            }
            ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:" + arguments[0]).usePlaintext().build();
            EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
            for (int i = 0; i < CALLS; i++) {
                if (!Payload.isIntact(stub.unary(Payload.request(LARGE, i)))) {
                    throw new IllegalStateException("a reply has changed: call=" + i);
                }
            }
            ClientCall<EchoRequest, EchoReply> call = channel.newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);
            call.start(new ClientCall.Listener<>() {}, new Metadata());
            System.out.println(told(call.getAttributes().get(BodyCounters.ATTRIBUTE)));
            channel.shutdownNow();
        }

        /** As a program does that keeps secrets: {@code prctl(PR_SET_DUMPABLE, 0)}. */
        private static void forbidOthersToLookInside() throws Throwable {
            Linker linker = Linker.nativeLinker();
            int result = (int) linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("prctl"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
                            Linker.Option.firstVariadicArg(1))
                    .invokeExact(4, 0L);
            if (result != 0) {
                throw new IllegalStateException("prctl gives " + result);
            }
        }
    }

    /** What client and server told. */
    private record Told(String client, String server) {}

    private static Told call(int serverUid, int clientUid, String name, String... more) throws IOException {
        Path runtime = Files.createDirectory(directory.resolve(name));
        OtherUser.open(runtime);
        Files.setAttribute(runtime, "unix:uid", serverUid);
        String[] arguments = more.length == 0 ? new String[] {name} : new String[] {name, more[0]};
        try (Jvm server = users.launch(serverUid, LargeServer.class)
                        .option("-Dhomeport.dir=" + runtime)
                        .start(name)) {
            server.awaitLine(SERVING);
            try (Jvm client = users.launch(clientUid, LargeClient.class)
                            .option("-Dhomeport.dir=" + runtime)
                            .start(arguments)) {
                String byClient = client.awaitLine(TOLD);
                server.send("tell");
                return new Told(byClient, server.awaitLine(TOLD));
            }
        }
    }

    private static void assertWentAnotherWay(String told, String why) {
        assertThat(told).contains("direct=0 ", "declined={NOT_AGREED=", why)
                .doesNotContain("sections=0 ", "fragments=0 ");
    }

    /** Without which the others would show nothing. */
    @Test
    void probeBetweenProcessesOfOneUserIsAllowed() throws IOException {
        Told told = call(OtherUser.NOBODY, OtherUser.NOBODY, "allowed");

        assertThat(told.client).contains("declined={}").doesNotContain("direct=0 ");
        assertThat(told.server).contains("declined={}").doesNotContain("direct=0 ");
    }

    /** The kernel would let root read, but another user's memory is not root's to be lent. */
    @Test
    void serverOfRootIsLentNothingByAnotherUser() throws IOException {
        Told told = call(ROOT, OtherUser.NOBODY, "root");

        assertWentAnotherWay(told.client, "another user");
        assertWentAnotherWay(told.server, "the client lends no memory");
    }

    @Test
    void clientThatForbidsOthersToLookInsideIsRefusedByTheKernel() throws IOException {
        Told told = call(OtherUser.NOBODY, OtherUser.NOBODY, "undumpable", "undumpable");

        assertWentAnotherWay(told.client, "probe refused: process_vm_readv gives EPERM");
        assertWentAnotherWay(told.server, "probe refused: process_vm_readv gives EPERM");
    }
}
