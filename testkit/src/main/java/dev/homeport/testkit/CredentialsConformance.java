package dev.homeport.testkit;

import static dev.homeport.testkit.CredentialsProbe.TOKEN;
import static dev.homeport.testkit.CredentialsProbe.token;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Credentials of calls on an insecure channel: applied, slow, failing, and told about the call. */
public abstract class CredentialsConformance extends Conformance {
    private final ServerProbe probe = new ServerProbe();
    private final CredentialsProbe credentials = new CredentialsProbe();

    private CallRecorder<EchoReply> start(CallCredentials credentials) {
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call =
                channel().newCall(ServerProbe.chat(), CallOptions.DEFAULT.withCallCredentials(credentials));
        call.start(recorder, new Metadata());
        call.request(1);
        return recorder;
    }

    @Test
    void metadataOfTheCredentialsArrives() {
        serve(probe.service());

        start(credentials.that(applier -> applier.apply(token("secret"))));

        assertThat(probe.awaitCall().headers().get(TOKEN)).isEqualTo("secret");
    }

    @Test
    void credentialsMayApplyLaterFromAnotherThread() {
        serve(probe.service());
        CompletableFuture<CallCredentials.MetadataApplier> later = new CompletableFuture<>();

        start(credentials.that(later::complete));
        Thread.ofPlatform().start(() -> Wait.get(later).apply(token("late")));

        assertThat(probe.awaitCall().headers().get(TOKEN)).isEqualTo("late");
    }

    @Test
    void messagesSentBeforeTheCredentialsAreReadyArriveInOrder() {
        serve(probe.service());
        CompletableFuture<CallCredentials.MetadataApplier> later = new CompletableFuture<>();
        ClientCall<EchoRequest, EchoReply> call = channel()
                .newCall(
                        ServerProbe.chat(), CallOptions.DEFAULT.withCallCredentials(credentials.that(later::complete)));
        call.start(new CallRecorder<>(), new Metadata());
        for (int i = 0; i < 5; i++) {
            call.sendMessage(Payload.request(100, i));
        }
        call.halfClose();

        Wait.get(later).apply(token("late"));

        ServerProbe.Incoming incoming = probe.awaitCall();
        incoming.call().request(10);
        for (int i = 0; i < 5; i++) {
            assertThat(incoming.awaitMessage().getSequence()).isEqualTo(i);
        }
        incoming.awaitHalfClose();
    }

    @Test
    void failureOfTheCredentialsIsTheStatusOfTheCall() {
        serve(probe.service());

        CallRecorder<EchoReply> recorder =
                start(credentials.that(applier -> applier.fail(Status.UNAUTHENTICATED.withDescription("no token"))));

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(recorder.awaitStatus().getDescription()).isEqualTo("no token");
    }

    @Test
    void credentialsThatThrowMakeTheCallUnauthenticated() {
        serve(probe.service());

        CallRecorder<EchoReply> recorder = start(credentials.that(applier -> {
            throw new IllegalStateException("credentials broke");
        }));

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void failureThatOnlyAServerMayAnswerIsInternal() {
        serve(probe.service());

        CallRecorder<EchoReply> recorder =
                start(credentials.that(applier -> applier.fail(Status.NOT_FOUND.withDescription("no such key"))));

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(recorder.awaitStatus().getDescription())
                .isEqualTo("Inappropriate status code from control plane: NOT_FOUND no such key");
    }

    @Test
    void cancelWhileTheCredentialsWaitEndsTheCall() {
        serve(probe.service());
        CompletableFuture<CallCredentials.MetadataApplier> never = new CompletableFuture<>();
        CallRecorder<EchoReply> recorder = new CallRecorder<>();
        ClientCall<EchoRequest, EchoReply> call = channel()
                .newCall(
                        ServerProbe.chat(), CallOptions.DEFAULT.withCallCredentials(credentials.that(never::complete)));
        call.start(recorder, new Metadata());
        Wait.get(never);

        call.cancel("no patience", null);

        assertThat(recorder.awaitStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void credentialsAreToldMethodAuthorityAndSecurityLevel() {
        serve(probe.service());

        start(credentials.that(applier -> applier.apply(new Metadata())));

        CallCredentials.RequestInfo request = credentials.awaitInfo();
        assertThat(request.getMethodDescriptor().getFullMethodName())
                .isEqualTo(ServerProbe.chat().getFullMethodName());
        assertThat(request.getAuthority()).isEqualTo(channel().authority());
        assertThat(request.getTransportAttrs()).isNotNull();
        assertThat(request.getSecurityLevel())
                .isEqualTo(
                        transport().supports(Capability.CONFIDENTIAL)
                                ? SecurityLevel.PRIVACY_AND_INTEGRITY
                                : SecurityLevel.NONE);
    }

    @Test
    void credentialsAreAskedForEachCallAnew() {
        serveEcho();
        EchoGrpc.EchoBlockingStub refused = blocking()
                .withCallCredentials(credentials.that(applier -> applier.fail(Status.PERMISSION_DENIED)));
        EchoGrpc.EchoBlockingStub admitted =
                blocking().withCallCredentials(credentials.that(applier -> applier.apply(token("yes"))));

        for (int i = 0; i < 5; i++) {
            assertThat(codeOf(() -> refused.unary(Payload.request(1, 1)))).isEqualTo(Status.Code.PERMISSION_DENIED);
            assertThat(admitted.unary(Payload.request(1, i)).getSequence()).isEqualTo(i);
        }
    }

    @Test
    void blockingCallWaitsForItsCredentials() {
        serveEcho();

        EchoReply reply = blocking()
                .withCallCredentials(credentials.that(
                        applier -> Thread.ofVirtual().start(() -> applier.apply(token("from a virtual thread")))))
                .unary(Payload.request(3, 3));

        assertThat(reply.getSequence()).isEqualTo(3);
    }
}
