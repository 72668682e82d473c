package dev.homeport.route;

import static dev.homeport.route.ChannelFixture.eventually;
import static dev.homeport.route.ChannelFixture.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ChoiceChannelCredentials;
import io.grpc.CompositeChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CredentialsTest {
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

    private final ChannelFixture fixture = new ChannelFixture();

    private static CallCredentials credentials(
            BiConsumer<CallCredentials.RequestInfo, CallCredentials.MetadataApplier> answer) {
        return new CallCredentials() {
            @Override
            public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
                answer.accept(info, applier);
            }
        };
    }

    private static CallCredentials token(String value) {
        return credentials((info, applier) -> {
            Metadata headers = new Metadata();
            headers.put(TOKEN, value + " " + info.getSecurityLevel() + " " + info.getAuthority());
            applier.apply(headers);
        });
    }

    private RoutedChannel localChannel() {
        fixture.transport.available = true;
        RoutedChannel channel = fixture.routed();
        start(channel);
        eventually(() -> !fixture.transport.paths.isEmpty() && !fixture.transport.last().calls.isEmpty());
        return channel;
    }

    private FakeCall lastCall() {
        return fixture.transport.last().calls.getLast();
    }

    @Test
    void onlyInsecureCredentialsMayGoLocal() {
        ChannelCredentials insecure = InsecureChannelCredentials.create();
        ChannelCredentials tls = TlsChannelCredentials.create();
        CallCredentials token = token("t");

        assertThat(ChannelSecurity.of(insecure).mayGoLocal()).isTrue();
        assertThat(ChannelSecurity.of(tls).mayGoLocal()).isFalse();
        assertThat(ChannelSecurity.of(CompositeChannelCredentials.create(insecure, token)).mayGoLocal()).isTrue();
        assertThat(ChannelSecurity.of(CompositeChannelCredentials.create(insecure, token)).callCredentials())
                .isSameAs(token);
        assertThat(ChannelSecurity.of(CompositeChannelCredentials.create(tls, token)).mayGoLocal()).isFalse();
        assertThat(ChannelSecurity.of(ChoiceChannelCredentials.create(insecure, tls)).mayGoLocal()).isTrue();
        assertThat(ChannelSecurity.of(ChoiceChannelCredentials.create(tls, insecure)).mayGoLocal()).isFalse();
        assertThat(ChannelSecurity.ofBuilder(true).mayGoLocal()).isTrue();
        assertThat(ChannelSecurity.ofBuilder(false).mayGoLocal()).isFalse();
    }

    @Test
    void callCredentialsAddTheirHeadersBeforeTheStart() {
        RoutedChannel channel = localChannel();

        start(channel, FakeCall.METHOD, CallOptions.DEFAULT.withCallCredentials(token("mine")));

        assertThat(lastCall().log).containsExactly("start", "message 1");
        assertThat(lastCall().headers).isNotNull();
        assertThat(lastCall().headers.get(TOKEN))
                .isEqualTo("mine " + SecurityLevel.PRIVACY_AND_INTEGRITY + " orders:443");
    }

    @Test
    void credentialsOfTheChannelAndOfTheCallAreBothApplied() {
        fixture.security = new ChannelSecurity("", token("channel"));
        RoutedChannel channel = localChannel();

        start(channel, FakeCall.METHOD, CallOptions.DEFAULT.withCallCredentials(token("call")));

        assertThat(lastCall().headers).isNotNull();
        assertThat(lastCall().headers.getAll(TOKEN)).hasSize(2);
    }

    @Test
    void failingCredentialsEndTheCallWithTheirStatus() throws Exception {
        RoutedChannel channel = localChannel();
        int before = fixture.transport.last().calls.size();
        CallCredentials failing = credentials(
                (info, applier) -> applier.fail(Status.UNAUTHENTICATED.withDescription("who are you")));

        Status status = start(channel, FakeCall.METHOD, CallOptions.DEFAULT.withCallCredentials(failing))
                .listener().await();

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(status.getDescription()).isEqualTo("who are you");
        assertThat(fixture.transport.last().calls).hasSize(before);
    }

    @Test
    void throwingCredentialsAreUnauthenticated() throws Exception {
        RoutedChannel channel = localChannel();
        CallCredentials throwing = credentials((info, applier) -> {
            throw new IllegalStateException("oops");
        });

        Status status = start(channel, FakeCall.METHOD, CallOptions.DEFAULT.withCallCredentials(throwing))
                .listener().await();

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void lateCredentialsHoldTheCallBack() {
        RoutedChannel channel = localChannel();
        int before = fixture.transport.last().calls.size();
        CallCredentials.MetadataApplier[] held = new CallCredentials.MetadataApplier[1];
        CallCredentials late = credentials((info, applier) -> held[0] = applier);

        start(channel, FakeCall.METHOD, CallOptions.DEFAULT.withCallCredentials(late));
        assertThat(fixture.transport.last().calls).hasSize(before);
        held[0].apply(new Metadata());

        assertThat(lastCall().log).containsExactly("start", "message 1");
    }
}
