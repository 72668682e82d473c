package dev.homeport.lpc;

import static dev.homeport.lpc.Eventually.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BytesValue;
import dev.homeport.call.Connection;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.Technique;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What only two processes can show of large messages: that they arrive, and what a death in their midst does. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class DirectProcessTest {
    private static final List<String> OPTIONS = List.of("--enable-native-access=ALL-UNNAMED", "-Xmx256m");

    /** For what another process does, or its death. */
    private static final int PATIENCE_SECONDS = 20;
    private static final int MIB = 1024 * 1024;
    /**
     * What a process may occupy more at the end of a long stream than after its first tenth: its heap of 96 MiB may
     * have been touched in full only then. Off the heap nothing may grow.
     */
    private static final long MOST_GROWTH_KIB = 128 * 1024;

    private static String newName() {
        return "process-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    }

    private static ChildJvm serve(String name, int directFrom) throws Exception {
        ChildJvm server = ChildJvm.start(OPTIONS, Echo.class, name, Integer.toString(directFrom));
        assertThat(server.line()).startsWith("published");
        return server;
    }

    @Test
    void messagesTravelDirectBetweenTwoProcesses() throws Exception {
        String name = newName();
        try (ChildJvm server = serve(name, 65_536)) {
            Connection connection = Echo.connect(name, Echo.settings(65_536));
            Channel channel = Echo.channelOn(connection);
            for (int i = 0; i < 50; i++) {
                BytesValue request = Echo.message(100_000 + i * 77_777, i);
                assertThat(Echo.call(channel, request)).isEqualTo(request);
            }
            assertThat(connection.port().bodies().sent(Technique.DIRECT).messages()).isEqualTo(50);
            assertThat(connection.port().bodies().received(Technique.DIRECT).messages()).isEqualTo(50);
            connection.shutdownNow(Status.CANCELLED);
            assertThat(server.pid()).isPositive();
        }
    }

    /** By queue, by section, direct, and with so large messages that the death is in the midst of one. */
    @ParameterizedTest
    @CsvSource({"100, 0", "300000, 0", "300000, 65536", "20000000, 65536", "20000000, 0"})
    void serverKilledInTheMidstEndsEveryCallOnceAndLeavesNothing(int bytes, int directFrom) throws Exception {
        // What stays for the process's life is made by the first connection.
        try (Echo first = new Echo(Echo.settings(65_536), Echo.settings(65_536))) {
            first.call(Echo.message(100_000, 0));
        }
        String name = newName();
        // What earlier connections leave behind may still be going: there may be less in the end, not more.
        OpenThings before = OpenThings.now();
        try (ChildJvm server = serve(name, directFrom)) {
            Connection connection = Echo.connect(name, Echo.settings(directFrom));
            Channel channel = Echo.channelOn(connection);
            BytesValue request = Echo.message(bytes, 1);
            assertThat(Echo.call(channel, request)).isEqualTo(request);
            AtomicInteger answered = new AtomicInteger();
            CompletableFuture<Status> ended = CompletableFuture.supplyAsync(() -> {
                try {
                    while (true) {
                        Echo.call(channel, request);
                        answered.getAndIncrement();
                    }
                } catch (StatusRuntimeException e) {
                    return e.getStatus();
                }
            });
            assertThat(within(PATIENCE_SECONDS, () -> answered.get() >= 3)).isTrue();

            assertThat(server.kill()).isTrue();

            assertThat(ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(within(PATIENCE_SECONDS, connection::isEnded)).isTrue();
        }
        assertThat(within(PATIENCE_SECONDS, () -> OpenThings.now().descriptors() <= before.descriptors()
                && OpenThings.now().outboxMaps() <= before.outboxMaps())).as("nothing is left").isTrue();
    }

    @ParameterizedTest
    @CsvSource({"300000, 0", "300000, 65536", "20000000, 65536"})
    void clientKilledInTheMidstLeavesTheServerWhole(int bytes, int directFrom) throws Exception {
        String name = newName();
        AtomicReference<Connection> accepted = new AtomicReference<>();
        try (Publication published = Echo.publish(name, Echo.settings(directFrom), accepted)) {
            assertThat(published.names()).hasSize(1);
            try (ChildJvm client = ChildJvm.start(
                    OPTIONS, Caller.class, name, Integer.toString(bytes), Integer.toString(directFrom))) {
                assertThat(client.line()).isEqualTo("calling");
                assertThat(client.kill()).isTrue();
            }
            Connection ended = accepted.get();
            assertThat(within(PATIENCE_SECONDS, ended::isEnded)).isTrue();
            Connection next = Echo.connect(name, Echo.settings(directFrom));
            BytesValue request = Echo.message(bytes, 9);
            assertThat(Echo.call(Echo.channelOn(next), request)).isEqualTo(request);
            next.shutdownNow(Status.CANCELLED);
        }
    }

    /** Calls until it is killed, four at a time. */
    static final class Caller {
        private Caller() {}

        public static void main(String[] arguments) throws Exception {
            Channel channel = Echo.channelOn(
                    Echo.connect(arguments[0], Echo.settings(Integer.parseInt(arguments[2]))));
            BytesValue request = Echo.message(Integer.parseInt(arguments[1]), 3);
            Echo.call(channel, request);
            for (int i = 0; i < 4; i++) {
                Thread.ofPlatform().start(() -> {
                    while (true) {
                        ClientCalls.blockingUnaryCall(channel, Echo.UNARY, CallOptions.DEFAULT, request);
                    }
                });
            }
            System.out.println("calling");
        }
    }

    /** A short share of the campaign; docs/bodies.md says how to run a million. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void cancelsAtRandomInstantsLeaveLentMemoryAlone() throws Exception {
        String cancels = System.getProperty("campaign.cancels", "3000");
        try (ChildJvm campaign = ChildJvm.start(
                List.of("--enable-native-access=ALL-UNNAMED", "-Dhomeport.direct.guard=true"),
                DirectCancelCampaign.class, cancels, System.getProperty("campaign.seed", "20261123"))) {
            assertThat(campaign.line()).contains("broken=0").doesNotContain("cancelled=0 ");
        }
    }

    /** A short share; docs/security.md says how to run a million calls. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void peerSeesNoByteThatWasNotAddressedToIt() throws Exception {
        try (ChildJvm campaign = ChildJvm.start(OPTIONS, CanaryCampaign.class,
                System.getProperty("campaign.calls", "3000"), System.getProperty("campaign.seed", "20261123"))) {
            assertThat(campaign.line()).startsWith("own=true others=0 ");
        }
    }

    /** A short share; docs/bodies.md says how to run 10,000 messages. By section, and direct. */
    @ParameterizedTest
    @CsvSource({"0", "65536"})
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void longStreamOfLargeMessagesRunsInConstantMemory(int directFrom) throws Exception {
        int messages = Integer.getInteger("campaign.messages", 500);
        try (ChildJvm campaign = ChildJvm.start(
                List.of("--enable-native-access=ALL-UNNAMED", "-Xmx96m"), StreamMemoryCampaign.class,
                Integer.toString(messages), Integer.toString(MIB), Integer.toString(directFrom))) {
            String told = campaign.line();

            // A third of what was sent would not fit the heaps, were any of it kept.
            assertThat(told).startsWith("messages=" + messages + " ");
            assertThat(kibOf(told, "clientLateKiB") - kibOf(told, "clientEarlyKiB")).isLessThan(MOST_GROWTH_KIB);
            assertThat(kibOf(told, "serverLateKiB") - kibOf(told, "serverEarlyKiB")).isLessThan(MOST_GROWTH_KIB);
        }
    }

    private static long kibOf(String told, String name) {
        return Long.parseLong(told.replaceFirst(".* " + name + "=(\\d+).*", "$1"));
    }
}
