package dev.homeport.testkit.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.Peer;
import dev.homeport.RoutePolicy;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.ServerProbe;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a handler and a caller know of each other, on both routes. */
@Timeout(30)
@Tag("lpc")
class PeerTest {
    private static final Path OWN_PROGRAM = Path.of("/proc/self/exe");

    private final BlockingQueue<Peer> seen = new LinkedBlockingQueue<>();
    private final BlockingQueue<Peer> intercepted = new LinkedBlockingQueue<>();
    private final BothRoutes routes = new BothRoutes(builder -> builder.addService(service()));

    private ServerServiceDefinition service() {
        EchoService echo = new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                seen.add(Peer.current());
                super.unary(request, reply);
            }
        };
        return ServerInterceptors.intercept(echo, new io.grpc.ServerInterceptor() {
            @Override
            public <Q, R> io.grpc.ServerCall.Listener<Q> interceptCall(
                    io.grpc.ServerCall<Q, R> call, Metadata headers, io.grpc.ServerCallHandler<Q, R> next) {
                intercepted.add(call.getAttributes().get(Peer.ATTRIBUTE));
                return next.startCall(call, headers);
            }
        });
    }

    @AfterEach
    void close() {
        routes.close();
    }

    private Peer callerSeenBy(RoutePolicy route) {
        EchoGrpc.newBlockingStub(routes.channel(route)).unary(Payload.request(1, 1));
        return Wait.take(seen);
    }

    @Test
    void localCallerIsKnownByTheKernelsWord() throws Exception {
        Peer caller = callerSeenBy(RoutePolicy.LOCAL);

        assertThat(caller.isIdentified()).isTrue();
        assertThat(caller.route().isLocal()).isTrue();
        assertThat(caller.pid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(caller.uid()).isEqualTo(java.nio.file.Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        assertThat(caller.gid()).isEqualTo(java.nio.file.Files.getAttribute(Path.of("/proc/self"), "unix:gid"));
        assertThat(caller.address()).isInstanceOf(InetSocketAddress.class);
        assertThat(caller.tlsSession()).isNull();
        assertThat(Wait.take(intercepted)).isSameAs(caller);
        if (caller.isPidVerified()) {
            assertThat(caller.executable()).isEqualTo(OWN_PROGRAM.toRealPath());
        }
    }

    @Test
    void supplementaryGroupsAreThoseOfTheProcess() throws Exception {
        String groups = java.nio.file.Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Groups:"))
                .findFirst()
                .orElseThrow()
                .substring("Groups:".length())
                .strip();

        assertThat(callerSeenBy(RoutePolicy.LOCAL).groups().stream().map(String::valueOf))
                .containsExactlyInAnyOrder(groups.isEmpty() ? new String[0] : groups.split("\\s+"));
    }

    @Test
    void remoteCallerIsKnownByWhatTcpKnows() {
        Peer caller = callerSeenBy(RoutePolicy.REMOTE);

        assertThat(caller.isIdentified()).isFalse();
        assertThat(caller.route().isLocal()).isFalse();
        assertThat(caller.uid()).isEqualTo(Peer.UNKNOWN);
        assertThat(caller.executable()).isNull();
        assertThat(((InetSocketAddress) caller.address()).getPort()).isPositive();
        assertThat(Wait.take(intercepted).address()).isEqualTo(caller.address());
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "REMOTE"})
    void callsOfOneConnectionHaveOnePeer(RoutePolicy route) {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(routes.channel(route));
        stub.unary(Payload.request(1, 1));
        stub.unary(Payload.request(1, 2));

        assertThat(Wait.take(seen)).isEqualTo(Wait.take(seen));
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "REMOTE"})
    void identityInMetadataChangesNothing(RoutePolicy route) {
        Metadata claims = new Metadata();
        for (String name : new String[] {"uid", "pid", "dev.homeport.peer", "homeport-peer", "x-remote-user"}) {
            claims.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), "12345");
        }
        EchoGrpc.newBlockingStub(routes.channel(route))
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(claims))
                .unary(Payload.request(1, 1));

        Peer honest = callerSeenBy(route);
        Peer claiming = Wait.take(seen);
        assertThat(claiming.uid()).isEqualTo(honest.uid());
        assertThat(claiming.pid()).isEqualTo(honest.pid()).isNotEqualTo(12345);
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "REMOTE"})
    void callerKnowsItsServer(RoutePolicy route) {
        CompletableFuture<Attributes> attributes = new CompletableFuture<>();
        ClientCall<EchoRequest, EchoReply> call =
                routes.channel(route).newCall(ServerProbe.unary(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {
            @Override
            public void onHeaders(Metadata headers) {
                attributes.complete(call.getAttributes());
            }
        }, new Metadata());
        call.request(1);
        call.sendMessage(Payload.request(1, 1));
        call.halfClose();

        Peer server = Wait.get(attributes).get(Peer.ATTRIBUTE);
        assertThat(server.isIdentified()).isEqualTo(route == RoutePolicy.LOCAL);
        assertThat(server.pid())
                .isEqualTo(route == RoutePolicy.LOCAL ? (int) ProcessHandle.current().pid() : Peer.UNKNOWN);
        assertThat(server.isGone()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "REMOTE"})
    void endOfTheConnectionIsToldOnce(RoutePolicy route) {
        Peer caller = callerSeenBy(route);
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        caller.onDeath(() -> told.add("first"));
        caller.onDeath(() -> told.add("taken back")).close();
        CountDownLatch closed = new CountDownLatch(1);
        caller.closeOnDeath(closed::countDown);
        assertThat(caller.isGone()).isFalse();

        routes.close();

        Wait.on(closed);
        assertThat(Wait.take(told)).isEqualTo("first");
        assertThat(caller.isGone()).isTrue();
        caller.onDeath(() -> told.add("late"));
        assertThat(Wait.take(told)).isEqualTo("late");
        assertThat(told).isEmpty();
    }

    @Test
    void outsideOfAHandlerThereIsNoPeer() {
        assertThat(Peer.current()).isNull();
    }
}
