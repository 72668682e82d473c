package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.BytesValue;
import dev.homeport.call.CallLimits;
import dev.homeport.call.Connection;
import dev.homeport.spi.BodySettings;
import dev.homeport.spi.DeclineReason;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.Technique;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Large messages through memory that the client lends, with both ends in this process. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DirectTest {
    private static final int KIB = 1024;
    private static final BodySettings DIRECT = new BodySettings(BodySettings.DEFAULT, 64 * KIB, true, false);
    private static final BodySettings OFF = new BodySettings(BodySettings.DEFAULT, 64 * KIB, false, false);

    @Test
    void requestAndReplyTravelDirect() throws Exception {
        try (Echo echo = new Echo(DIRECT, DIRECT)) {
            for (int i = 0; i < 200; i++) {
                BytesValue request = Echo.message(100 * KIB + i * 4000, i);
                assertThat(echo.call(request)).isEqualTo(request);
            }

            assertThat(echo.clientBodies().sent(Technique.DIRECT).messages()).isEqualTo(200);
            assertThat(echo.clientBodies().received(Technique.DIRECT).messages()).isEqualTo(200);
            assertThat(echo.serverBodies().sent(Technique.DIRECT)).isEqualTo(echo.serverBodies().received(Technique.DIRECT));
            assertThat(echo.serverBodies().declined(Technique.DIRECT)).isEmpty();
        }
    }

    @Test
    void veryLargeMessageTravelsDirectAtOnce() throws Exception {
        try (Echo echo = new Echo(DIRECT, DIRECT)) {
            BytesValue request = Echo.message(60 * KIB * KIB, 1);

            assertThat(echo.call(request)).isEqualTo(request);
            assertThat(echo.clientBodies().sent(Technique.DIRECT).messages()).isEqualTo(1);
            assertThat(echo.clientBodies().received(Technique.DIRECT).messages()).isEqualTo(1);
            assertThat(echo.clientBodies().sent(Technique.FRAGMENTS).messages()).isZero();
        }
    }

    @Test
    void streamOfMixedSizesKeepsItsOrderBothWays() throws Exception {
        try (Echo echo = new Echo(DIRECT, DIRECT)) {
            List<BytesValue> sent = new ArrayList<>();
            for (int i = 0; i < 120; i++) {
                sent.add(Echo.message(new int[] {10, 3 * KIB, 40 * KIB, 200 * KIB, 900 * KIB, 0}[i % 6] + i, i));
            }
            List<BytesValue> received = new ArrayList<>();
            CompletableFuture<Void> done = new CompletableFuture<>();
            StreamObserver<BytesValue> requests = ClientCalls.asyncBidiStreamingCall(
                    echo.channel.newCall(Echo.BIDI, CallOptions.DEFAULT), new StreamObserver<>() {
                        @Override
                        public void onNext(BytesValue reply) {
                            received.add(reply);
                        }

                        @Override
                        public void onError(Throwable t) {
                            done.completeExceptionally(t);
                        }

                        @Override
                        public void onCompleted() {
                            done.complete(null);
                        }
                    });
            sent.forEach(requests::onNext);
            requests.onCompleted();
            done.get(30, TimeUnit.SECONDS);

            assertThat(received).isEqualTo(sent);
            assertThat(echo.clientBodies().received(Technique.DIRECT).messages()).isEqualTo(40);
        }
    }

    @Test
    void sideThatIsConfiguredNotToUsesSections() throws Exception {
        for (boolean client : new boolean[] {true, false}) {
            try (Echo echo = new Echo(client ? OFF : DIRECT, client ? DIRECT : OFF)) {
                for (int i = 0; i < 20; i++) {
                    BytesValue request = Echo.message(300 * KIB, i);
                    assertThat(echo.call(request)).isEqualTo(request);
                }
                assertThat(echo.clientBodies().sent(Technique.DIRECT).messages()).isZero();
                assertThat(echo.clientBodies().received(Technique.DIRECT).messages()).isZero();
                assertThat(echo.clientBodies().sent(Technique.SECTION).messages()).isPositive();
                assertThat(echo.clientBodies().declined(Technique.DIRECT)).containsOnlyKeys(DeclineReason.NOT_AGREED);
                assertThat(echo.serverBodies().declined(Technique.DIRECT)).containsOnlyKeys(DeclineReason.NOT_AGREED);
                assertThat(echo.clientBodies().lastDecline(Technique.DIRECT)).contains("configured not to");
            }
        }
    }

    @Test
    void firstLargeMessageGoesDirectWhileASectionIsMade() throws Exception {
        try (Echo echo = new Echo(BodySettings.DEFAULTS, BodySettings.DEFAULTS)) {
            BytesValue request = Echo.message(KIB * KIB, 1);

            assertThat(echo.call(request)).isEqualTo(request);

            assertThat(echo.clientBodies().sent(Technique.DIRECT).messages()).isEqualTo(1);
            assertThat(echo.clientBodies().declined(Technique.SECTION)).containsEntry(DeclineReason.NO_ROOM_YET, 1L);
            assertThat(echo.clientBodies().sent(Technique.FRAGMENTS).messages()).isZero();
        }
    }

    @Test
    void smallMessagesStayInTheQueueAndAreCounted() throws Exception {
        try (Echo echo = new Echo(DIRECT, DIRECT)) {
            for (int i = 0; i < 10; i++) {
                echo.call(Echo.message(100, i));
            }
            assertThat(echo.clientBodies().sent(Technique.QUEUE).messages()).isEqualTo(10);
            assertThat(echo.clientBodies().sent(Technique.QUEUE).bytes()).isEqualTo(1020);
            assertThat(echo.serverBodies().received(Technique.QUEUE)).isEqualTo(echo.clientBodies().sent(Technique.QUEUE));
        }
    }

    @Test
    void messageOverTheLimitIsRefusedBeforeItIsRead() throws Exception {
        String name = "limit-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        AtomicReference<Connection> server = new AtomicReference<>();
        try (Publication published = Echo.publish(name, DIRECT, CallLimits.DEFAULT, server)) {
            assertThat(published.names()).hasSize(1);
            Connection client = Echo.connect(name, DIRECT);
            Channel channel = Echo.channelOn(client);
            for (int i = 0; i < 20; i++) {
                BytesValue tooLarge = Echo.message(50 * KIB * KIB, i);
                assertThatThrownBy(() -> Echo.call(channel, tooLarge)).hasMessageContaining("exceeds maximum size 4194304");
            }
            // All twenty found memory: what was refused was given back, and nothing of it was read.
            assertThat(client.port().bodies().sent(Technique.DIRECT).messages()).isEqualTo(20);
            assertThat(server.get().port().bodies().received(Technique.DIRECT).messages()).isZero();
            assertThat(Echo.call(channel, Echo.message(3 * KIB * KIB, 1)).getValue().size()).isEqualTo(3 * KIB * KIB);
            client.shutdownNow(Status.CANCELLED);
        }
    }

    /** Larger than anything may lend or share: as many MiB as {@code -Dcampaign.huge.mib} says, up to 2047. */
    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void hugeMessageArrivesByTheLastResort() throws Exception {
        int bytes = Integer.getInteger("campaign.huge.mib", 40) * KIB * KIB - 1000;
        assumeTrue(Runtime.getRuntime().maxMemory() > 9L * bytes, "needs about nine times its size of heap");
        try (Echo echo = new Echo(OFF, OFF)) {
            BytesValue request = Echo.message(bytes, 5);

            assertThat(echo.call(request).equals(request)).isTrue();

            assertThat(echo.clientBodies().sent(Technique.FRAGMENTS).messages()).isEqualTo(1);
        }
    }
}
