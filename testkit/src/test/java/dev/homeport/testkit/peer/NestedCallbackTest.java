package dev.homeport.testkit.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.RoutePolicy;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Callbacks that call again: to any depth that is allowed, from many callers at once, and no deeper. */
@Timeout(30)
@Tag("lpc")
@ParameterizedClass
@EnumSource(value = RoutePolicy.class, names = {"LOCAL", "REMOTE"})
class NestedCallbackTest {
    /** Calls in each other that are allowed beside the first. */
    private static final int MAX_DEPTH = 32;

    private final CallbackFixture fixture;
    private final AtomicReference<ManagedChannel> channel = new AtomicReference<>();

    NestedCallbackTest(RoutePolicy route) {
        fixture = new CallbackFixture(route);
        // Each side passes the rest of the way to the other: the sequence counts down to zero.
        fixture.handler = (request, caller) -> pass(request, EchoGrpc.newBlockingStub(caller));
        channel.set(fixture.client(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                try {
                    reply.onNext(pass(request, EchoGrpc.newBlockingStub(channel.get())));
                    reply.onCompleted();
                } catch (io.grpc.StatusRuntimeException e) {
                    reply.onError(e);
                }
            }
        }));
    }

    private static EchoReply pass(EchoRequest request, EchoGrpc.EchoBlockingStub other) {
        return request.getSequence() == 0
                ? EchoService.replyTo(request)
                : other.unary(request.toBuilder().setSequence(request.getSequence() - 1).build());
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private EchoReply call(int hops) {
        return EchoGrpc.newBlockingStub(channel.get())
                .unary(Payload.request(10, 1).toBuilder().setSequence(hops).build());
    }

    @Test
    void callbacksNestUpToTheBound() {
        for (int hops = 0; hops <= MAX_DEPTH; hops++) {
            assertThat(Payload.isIntact(call(hops))).isTrue();
        }
    }

    @Test
    void oneLevelMoreIsRefusedWithItsDepth() {
        Status status = CallbackFixture.statusOf(() -> call(MAX_DEPTH + 1));

        assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(status.getDescription()).contains("depth=33").contains("max=32");
    }

    @Test
    void endlessRecursionEndsAndLeavesTheConnectionUsable() {
        for (int i = 0; i < 5; i++) {
            assertThat(CallbackFixture.statusOf(() -> call(1_000_000)).getCode())
                    .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        }
        assertThat(Payload.isIntact(call(3))).isTrue();
    }

    @Test
    void manyCallersNestAtOnce() throws Exception {
        List<Future<EchoReply>> replies = new ArrayList<>();
        try (var callers = java.util.concurrent.Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 200; i++) {
                replies.add(callers.submit(() -> call(6)));
            }
            for (Future<EchoReply> reply : replies) {
                assertThat(Payload.isIntact(Wait.get(reply))).isTrue();
            }
        }
    }

    @Test
    void virtualThreadsNestAtOnce() throws Exception {
        List<Future<EchoReply>> replies = new ArrayList<>();
        try (var callers = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 64; i++) {
                replies.add(callers.submit(() -> call(4)));
            }
            for (Future<EchoReply> reply : replies) {
                assertThat(Payload.isIntact(Wait.get(reply))).isTrue();
            }
        }
    }
}
