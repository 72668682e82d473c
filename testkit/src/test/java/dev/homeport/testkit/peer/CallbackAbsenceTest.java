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
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The caller that read for all is in a callback: others' replies do not wait for it. */
@Timeout(30)
@Tag("lpc")
@ParameterizedClass
@EnumSource(value = RoutePolicy.class, names = {"LOCAL", "REMOTE"})
class CallbackAbsenceTest {
    private final CallbackFixture fixture;
    private final CountDownLatch callbackBegan = new CountDownLatch(1);
    private final CountDownLatch callbackMayEnd = new CountDownLatch(1);
    private final ManagedChannel channel;

    CallbackAbsenceTest(RoutePolicy route) {
        fixture = new CallbackFixture(route);
        fixture.handler = (request, caller) -> request.getSequence() == 1
                ? EchoGrpc.newBlockingStub(caller).unary(request)
                : EchoService.replyTo(request);
        channel = fixture.client(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                callbackBegan.countDown();
                Wait.on(callbackMayEnd);
                super.unary(request, reply);
            }
        });
    }

    @AfterEach
    void close() {
        callbackMayEnd.countDown();
        fixture.close();
    }

    private EchoRequest request(int sequence) {
        return Payload.request(10, 1).toBuilder().setSequence(sequence).build();
    }

    @Test
    void replyToAnotherCallComesWhileTheReaderIsInACallback() {
        // The first call of a channel waits for its connection, and so in another way.
        assertThat(Payload.isIntact(EchoGrpc.newBlockingStub(channel).unary(request(0)))).isTrue();
        Future<EchoReply> calledBack = CompletableFuture.supplyAsync(
                () -> EchoGrpc.newBlockingStub(channel).unary(request(1)),
                task -> Thread.ofPlatform().start(task));
        Wait.on(callbackBegan);

        for (int i = 0; i < 20; i++) {
            assertThat(Payload.isIntact(Wait.get(EchoGrpc.newFutureStub(channel).unary(request(0))))).isTrue();
        }
        assertThat(calledBack).isNotDone();
        callbackMayEnd.countDown();

        assertThat(Payload.isIntact(Wait.get(calledBack))).isTrue();
    }
}
