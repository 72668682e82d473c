package dev.homeport.testkit.peer;

import static dev.homeport.testkit.CredentialsProbe.TOKEN;
import static dev.homeport.testkit.CredentialsProbe.token;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.Peer;
import dev.homeport.RoutePolicy;
import dev.homeport.testkit.CredentialsProbe;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Credentials that a server gives a callback: applied, slow, failing, and told about the call, as on any channel. */
@Timeout(30)
@Tag("lpc")
@ParameterizedClass
@EnumSource(value = RoutePolicy.class, names = {"LOCAL", "REMOTE"})
class CallbackCredentialsTest {
    private final CallbackFixture fixture;
    private final RoutePolicy route;
    private final BlockingQueue<String> tokens = new LinkedBlockingQueue<>();
    private final CredentialsProbe credentials = new CredentialsProbe();

    CallbackCredentialsTest(RoutePolicy route) {
        this.route = route;
        fixture = new CallbackFixture(route);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    /** A channel whose client notes the token of each callback. */
    private ManagedChannel noting() {
        return fixture.routes.channel(route, builder -> builder.addCallbackService(
                ServerInterceptors.intercept(new EchoService(), new ServerInterceptor() {
                    @Override
                    public <Q, R> ServerCall.Listener<Q> interceptCall(
                            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                        tokens.add(String.valueOf(headers.get(TOKEN)));
                        return next.startCall(call, headers);
                    }
                })));
    }

    private Status call(CallCredentials given) {
        fixture.handler = (request, caller) ->
                EchoGrpc.newBlockingStub(caller).withCallCredentials(given).unary(request);
        return CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(noting()).unary(Payload.request(10, 1)));
    }

    @Test
    void metadataOfTheCredentialsArrives() {
        assertThat(call(credentials.that(applier -> applier.apply(token("secret")))).isOk()).isTrue();
        assertThat(tokens).containsExactly("secret");
    }

    @Test
    void credentialsMayApplyLaterFromAnotherThread() {
        assertThat(call(credentials.that(applier -> Thread.ofVirtual().start(() -> applier.apply(token("late"))))).isOk())
                .isTrue();
        assertThat(tokens).containsExactly("late");
    }

    @Test
    void failureOfTheCredentialsIsTheStatusOfTheCallback() {
        Status status =
                call(credentials.that(applier -> applier.fail(Status.UNAUTHENTICATED.withDescription("no token"))));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(status.getDescription()).isEqualTo("no token");
        assertThat(tokens).isEmpty();
    }

    @Test
    void credentialsThatThrowMakeTheCallbackUnauthenticated() {
        Status status = call(credentials.that(applier -> {
            throw new IllegalStateException("credentials broke");
        }));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(tokens).isEmpty();
    }

    @Test
    void callbackWhoseCredentialsNeverComeEndsAtItsDeadline() {
        fixture.handler = (request, caller) -> EchoGrpc.newBlockingStub(caller)
                .withCallCredentials(credentials.that(applier -> {}))
                .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                .unary(request);

        Status status = CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(noting()).unary(Payload.request(1, 1)));

        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(tokens).isEmpty();
    }

    @Test
    void credentialsAreToldMethodAuthorityAndSecurityLevel() {
        fixture.handler = (request, caller) -> {
            EchoReply reply = EchoGrpc.newBlockingStub(caller)
                    .withCallCredentials(credentials.that(applier -> applier.apply(new Metadata())))
                    .unary(request);
            assertThat(credentials.awaitInfo().getAuthority()).isEqualTo(caller.authority());
            return reply;
        };
        assertThat(EchoGrpc.newBlockingStub(noting()).unary(Payload.request(1, 3)).getSequence()).isEqualTo(3);

        CallCredentials.RequestInfo request = credentials.awaitInfo();
        assertThat(request.getMethodDescriptor().getFullMethodName()).isEqualTo("homeport.testkit.Echo/Unary");
        assertThat(request.getTransportAttrs().get(Peer.ATTRIBUTE)).isNotNull();
        assertThat(request.getSecurityLevel())
                .isEqualTo(route == RoutePolicy.LOCAL
                        ? SecurityLevel.PRIVACY_AND_INTEGRITY
                        : SecurityLevel.NONE);
    }

    @Test
    void throughTlsTheSecurityLevelIsThatOfTls(@TempDir Path directory) throws Exception {
        SelfSigned certificate = new SelfSigned(directory);
        Server server = HomeportServerBuilder.forPort(0, certificate.server())
                .addService(new EchoService() {
                    @Override
                    public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                        reply.onNext(EchoGrpc.newBlockingStub(Peer.current().callbackChannel())
                                .withCallCredentials(credentials.that(applier -> applier.apply(token("secret"))))
                                .unary(request));
                        reply.onCompleted();
                    }
                })
                .build()
                .start();
        ManagedChannel channel = HomeportChannelBuilder.forTarget("localhost:" + server.getPort(), certificate.client())
                .addCallbackService(new EchoService())
                .build();
        try {
            assertThat(EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 2)).getSequence()).isEqualTo(2);
            assertThat(credentials.awaitInfo().getSecurityLevel()).isEqualTo(SecurityLevel.PRIVACY_AND_INTEGRITY);
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
            assertThat(channel.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }
}
