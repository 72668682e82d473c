package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.homeport.testkit.proto.EchoGrpc;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the topics of the suite have in common: a fresh transport for each test, its server and its channel. A topic
 * runs as a nested class of {@link ConformanceSuite}.
 */
@ExtendWith(TransportOfSuite.class)
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class Conformance {
    private @Nullable Transport transport;
    private @Nullable ManagedChannel channel;

    @BeforeEach
    final void openTransport(Transport fresh) {
        transport = fresh;
    }

    @AfterEach
    final void closeTransport() {
        transport().close();
    }

    /** The transport of this test. */
    protected final Transport transport() {
        if (transport == null) {
            throw new IllegalStateException("no test is running");
        }
        return transport;
    }

    /** Skips the test where the transport has no such thing. */
    protected final void needs(Capability capability) {
        assumeTrue(transport().supports(capability), () -> "the transport has no " + capability);
    }

    /** Starts a server with the plain echo service. */
    protected final Server serveEcho() {
        return serve(builder -> {}, EchoService.definition());
    }

    /** Starts a server. */
    protected final Server serve(BindableService service) {
        return serve(builder -> {}, service.bindService());
    }

    /** Starts a server. */
    protected final Server serve(ServerServiceDefinition... services) {
        return serve(builder -> {}, services);
    }

    /** Starts a server with settings. */
    protected final Server serve(Consumer<ServerBuilder<?>> settings, ServerServiceDefinition... services) {
        try {
            return transport().start(settings, services);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The channel of this test, the same at each call. */
    protected final ManagedChannel channel() {
        if (channel == null) {
            channel = channel(builder -> {});
        }
        return channel;
    }

    /** Another channel, with settings. */
    protected final ManagedChannel channel(Consumer<ManagedChannelBuilder<?>> settings) {
        return transport().channel(settings);
    }

    /** The blocking stub on the test's channel. */
    protected final EchoGrpc.EchoBlockingStub blocking() {
        return EchoGrpc.newBlockingStub(channel());
    }

    /** The stub of the second blocking kind on the test's channel. */
    protected final EchoGrpc.EchoBlockingV2Stub blockingV2() {
        return EchoGrpc.newBlockingV2Stub(channel());
    }

    /** The future stub on the test's channel. */
    protected final EchoGrpc.EchoFutureStub future() {
        return EchoGrpc.newFutureStub(channel());
    }

    /** The asynchronous stub on the test's channel. */
    protected final EchoGrpc.EchoStub async() {
        return EchoGrpc.newStub(channel());
    }

    /** The status by which the call fails; OK if it does not. */
    protected static Status statusOf(ThrowingCallable call) {
        Throwable thrown = catchThrowable(call);
        return switch (thrown) {
            case null -> Status.OK;
            case StatusRuntimeException e -> e.getStatus();
            case StatusException e -> e.getStatus();
            default -> throw new AssertionError("not a status: " + thrown, thrown);
        };
    }

    /** The code of {@link #statusOf}. */
    protected static Status.Code codeOf(ThrowingCallable call) {
        return statusOf(call).getCode();
    }
}
