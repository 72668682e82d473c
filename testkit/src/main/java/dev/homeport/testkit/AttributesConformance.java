package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** What a call tells of itself: addresses, authority, method, security level. */
public abstract class AttributesConformance extends Conformance {
    private final ServerProbe probe = new ServerProbe();
    private final CallRecorder<EchoReply> recorder = new CallRecorder<>();

    private ClientCall<EchoRequest, EchoReply> start(CallOptions options) {
        serve(probe.service());
        ClientCall<EchoRequest, EchoReply> call = channel().newCall(ServerProbe.chat(), options);
        call.start(recorder, new Metadata());
        call.request(1);
        return call;
    }

    @Test
    void serverCallTellsMethodAndAuthority() {
        start(CallOptions.DEFAULT);

        ServerCall<EchoRequest, EchoReply> call = probe.awaitCall().call();

        assertThat(call.getMethodDescriptor().getFullMethodName())
                .isEqualTo(ServerProbe.chat().getFullMethodName());
        assertThat(call.getAuthority()).isEqualTo(channel().authority());
    }

    @Test
    void authorityOfTheCallReplacesThatOfTheChannel() {
        start(CallOptions.DEFAULT.withAuthority("call.example:7"));

        assertThat(probe.awaitCall().call().getAuthority()).isEqualTo("call.example:7");
    }

    @Test
    void serverCallHasAddressesOfBothEnds() {
        start(CallOptions.DEFAULT);

        Attributes attributes = probe.awaitCall().call().getAttributes();

        assertThat(attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)).isNotNull();
    }

    @Test
    void addressesOfTheServerCallAreSocketAddresses() {
        needs(Capability.SOCKET_ADDRESSES);
        start(CallOptions.DEFAULT);

        Attributes attributes = probe.awaitCall().call().getAttributes();

        InetSocketAddress remote = (InetSocketAddress) attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        InetSocketAddress local = (InetSocketAddress) attributes.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
        assertThat(remote.getAddress().isLoopbackAddress()).isTrue();
        assertThat(local.getPort()).isPositive();
    }

    @Test
    void addressesOfTheClientCallAreSocketAddresses() {
        needs(Capability.SOCKET_ADDRESSES);
        ClientCall<EchoRequest, EchoReply> call = start(CallOptions.DEFAULT);
        probe.awaitCall().call().sendHeaders(new Metadata());
        recorder.awaitHeaders();

        Attributes attributes = call.getAttributes();

        InetSocketAddress remote = (InetSocketAddress) attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        InetSocketAddress local = (InetSocketAddress) attributes.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
        assertThat(remote.getAddress().isLoopbackAddress()).isTrue();
        assertThat(remote.getPort()).isPositive();
        assertThat(local.getAddress().isLoopbackAddress()).isTrue();
    }

    @Test
    void securityLevelIsWhatTheTransportGives() {
        start(CallOptions.DEFAULT);

        SecurityLevel level = probe.awaitCall().call().getSecurityLevel();

        if (transport() instanceof InProcessTransport) {
            assertThat(level).isNotNull();
        } else {
            assertThat(level)
                    .isEqualTo(
                            transport().supports(Capability.CONFIDENTIAL)
                                    ? SecurityLevel.PRIVACY_AND_INTEGRITY
                                    : SecurityLevel.NONE);
        }
    }

    @Test
    void clientCallHasAttributesOnceItIsUp() {
        ClientCall<EchoRequest, EchoReply> call = start(CallOptions.DEFAULT);
        probe.awaitCall().call().sendHeaders(new Metadata());
        recorder.awaitHeaders();

        assertThat(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)).isNotNull();
    }
}
