package dev.homeport.dropin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.Route;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ManagedChannelRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.TlsChannelCredentials;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A program that knows only gRPC, with the jar on its class path and no local server that it could prove. */
@Timeout(60)
class DropInTest {
    private final Echo echo = new Echo();
    private final byte[] bytes = {1, 2, 3};

    @AfterEach
    void noConfigurationIsLeft() {
        System.clearProperty("homeport.route");
        System.clearProperty("homeport.dir");
    }

    private Server start(ServerBuilder<?> builder) throws Exception {
        return builder.addService(echo.service()).build().start();
    }

    private static void stop(ManagedChannel channel, Server server) throws InterruptedException {
        channel.shutdown();
        server.shutdown();
        assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void everyWayToABuilderLeadsToOurs() {
        ChannelCredentials insecure = InsecureChannelCredentials.create();

        assertThat(Grpc.newChannelBuilder("localhost:1", insecure)).isInstanceOf(HomeportChannelBuilder.class);
        assertThat(Grpc.newChannelBuilder("localhost:1", TlsChannelCredentials.create()))
                .isInstanceOf(HomeportChannelBuilder.class);
        assertThat(Grpc.newChannelBuilderForAddress("::1", 1, insecure)).isInstanceOf(HomeportChannelBuilder.class);
        assertThat(Grpc.newChannelBuilder("lpc:orders", insecure)).isInstanceOf(HomeportChannelBuilder.class);
        assertThat(ManagedChannelBuilder.forTarget("localhost:1")).isInstanceOf(HomeportChannelBuilder.class);
        assertThat(ManagedChannelBuilder.forAddress("::1", 1)).isInstanceOf(HomeportChannelBuilder.class);
        assertThat(Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create()))
                .isInstanceOf(HomeportServerBuilder.class);
        assertThat(ServerBuilder.forPort(0)).isInstanceOf(HomeportServerBuilder.class);
    }

    @Test
    void credentialsThatNobodyKnowsAreRefusedAsWithoutUs() {
        ChannelCredentials unknown = new ChannelCredentials() {
            @Override
            public ChannelCredentials withoutBearerTokens() {
                return this;
            }
        };

        assertThatThrownBy(() -> Grpc.newChannelBuilder("localhost:1", unknown))
                .isInstanceOf(ManagedChannelRegistry.ProviderNotFoundException.class);
    }

    @Test
    void callsWorkThroughBuildersWithCredentials() throws Exception {
        System.setProperty("homeport.route", "remote");
        Server server = start(Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create()));
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "localhost:" + server.getPort(), InsecureChannelCredentials.create())
                .build();

        assertThat(Echo.call(channel, bytes)).isEqualTo(bytes);

        assertThat(Route.of(channel)).isEqualTo(Route.remote("the policy is remote"));
        assertThat(echo.route.get()).isNotNull().matches(route -> !route.isLocal());
        stop(channel, server);
    }

    @Test
    void callsWorkThroughBuildersWithoutCredentials() throws Exception {
        System.setProperty("homeport.route", "remote");
        Server server = start(ServerBuilder.forPort(0));
        ManagedChannel channel = ManagedChannelBuilder.forAddress("localhost", server.getPort())
                .usePlaintext()
                .build();

        assertThat(Echo.call(channel, bytes)).isEqualTo(bytes);
        stop(channel, server);
    }

    @Test
    void autoGoesRemoteWithAReasonWhereNothingLocalCanBeProved() throws Exception {
        System.setProperty("homeport.route", "remote");
        Server server = start(ServerBuilder.forPort(0));
        System.clearProperty("homeport.route");
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "localhost:" + server.getPort(), InsecureChannelCredentials.create())
                .build();

        for (int i = 0; i < 3; i++) {
            assertThat(Echo.call(channel, bytes)).isEqualTo(bytes);
        }

        Route route = Route.of(channel);
        assertThat(route).isNotNull();
        assertThat(route.isLocal()).isFalse();
        assertThat(route.reason()).isNotEmpty();
        stop(channel, server);
    }

    @Test
    void autoGoesLocalToAServerOfThisHost(@TempDir Path directory) throws Exception {
        Assumptions.assumeTrue(System.getProperty("os.name").equals("Linux"));
        System.setProperty("homeport.dir", directory.toString());
        Server server = start(Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create()));
        // Long, so that a slow machine does not decide the test.
        System.setProperty("homeport.connect.wait", "10s");
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "localhost:" + server.getPort(), InsecureChannelCredentials.create())
                .build();
        System.clearProperty("homeport.connect.wait");

        assertThat(Echo.call(channel, bytes)).isEqualTo(bytes);

        assertThat(Route.of(channel)).isNotNull().matches(Route::isLocal);
        assertThat(echo.route.get()).isNotNull().matches(Route::isLocal);
        assertThat(server.getListenSockets()).hasSize(2);
        stop(channel, server);
    }

    @Test
    void interceptorsRunOnce() throws Exception {
        System.setProperty("homeport.route", "remote");
        AtomicInteger calls = new AtomicInteger();
        ClientInterceptor counting = new ClientInterceptor() {
            @Override
            public <Q, R> ClientCall<Q, R> interceptCall(
                    MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
                calls.incrementAndGet();
                return next.newCall(method, options);
            }
        };
        Server server = start(ServerBuilder.forPort(0));
        ManagedChannel channel = ManagedChannelBuilder.forTarget("localhost:" + server.getPort())
                .usePlaintext()
                .intercept(counting)
                .build();

        Echo.call(channel, bytes);

        assertThat(calls).hasValue(1);
        stop(channel, server);
    }
}
