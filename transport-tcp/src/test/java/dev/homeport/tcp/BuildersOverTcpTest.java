package dev.homeport.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.Route;
import dev.homeport.RoutePolicy;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BuildersOverTcpTest {
    private static final MethodDescriptor<byte[], byte[]> ECHO = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setFullMethodName("test.Echo/Echo")
            .setType(MethodDescriptor.MethodType.UNARY)
            .build();

    private static Server server() throws IOException {
        ServerServiceDefinition echo = ServerServiceDefinition.builder("test.Echo")
                .addMethod(ECHO, ServerCalls.asyncUnaryCall((request, observer) -> {
                    observer.onNext(request);
                    observer.onCompleted();
                }))
                .build();
        return HomeportServerBuilder.forPort(0).policy(RoutePolicy.REMOTE).addService(echo).build().start();
    }

    private static byte[] call(ManagedChannel channel, int bytes) {
        return ClientCalls.blockingUnaryCall(channel, ECHO, CallOptions.DEFAULT, new byte[bytes]);
    }

    @Test
    void callsWorkAndLimitsReachTheRemoteSide() throws Exception {
        Server server = server();
        ManagedChannel channel = HomeportChannelBuilder
                .forTarget("localhost:" + server.getPort(), InsecureChannelCredentials.create())
                .maxInboundMessageSize(10)
                .build();

        assertThat(call(channel, 10)).hasSize(10);
        assertThatThrownBy(() -> call(channel, 11))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e ->
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.READY);

        channel.shutdown();
        server.shutdown();
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void routeIsAmongTheAttributesOfACall() throws Exception {
        Server server = server();
        ManagedChannel channel = HomeportChannelBuilder.forAddress("localhost", server.getPort())
                .usePlaintext()
                .policy(RoutePolicy.REMOTE)
                .build();

        assertThat(Route.of(channel)).isEqualTo(Route.remote("the policy is remote"));
        assertThat(channel.newCall(ECHO, CallOptions.DEFAULT).getAttributes().get(Route.ATTRIBUTE))
                .isEqualTo(Route.remote("the policy is remote"));

        channel.shutdownNow();
        server.shutdownNow();
    }

    @Test
    void nettysOwnBuildersAreReached() {
        AtomicReference<@Nullable Object> channelBuilder = new AtomicReference<>();
        AtomicReference<@Nullable Object> serverBuilder = new AtomicReference<>();

        HomeportChannelBuilder.forTarget("localhost:1").remote(channelBuilder::set);
        HomeportServerBuilder.forPort(0).remote(serverBuilder::set);

        assertThat(channelBuilder.get()).isInstanceOf(NettyChannelBuilder.class);
        assertThat(serverBuilder.get()).isInstanceOf(NettyServerBuilder.class);
    }

    @Test
    void targetWithoutTcpFailsWithTheReason() {
        ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:nobody-publishes-this").build();

        assertThatThrownBy(() -> call(channel, 1))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e ->
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
                .hasMessageContaining("No local route");
        channel.shutdownNow();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
