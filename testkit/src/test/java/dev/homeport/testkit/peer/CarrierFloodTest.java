package dev.homeport.testkit.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.RoutePolicy;
import dev.homeport.carry.CarrierCounts;
import dev.homeport.idl.v1.CallbackCarrierGrpc;
import dev.homeport.idl.v1.Carried;
import dev.homeport.idl.v1.CarrierOpen;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that opens carrying streams without end, over one connection of TCP. */
@Timeout(60)
class CarrierFloodTest {
    private static final int LIMIT = 8;
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();
    private static final Carried OPEN = Carried.newBuilder()
            .setOpen(CarrierOpen.newBuilder()
                    .setMinVersion(1)
                    .setMaxVersion(1)
                    .setMaxFrameBytes(16_000)
                    .setWindowBytes(1_000_000)
                    .setMaxMetadataBytes(8192))
            .build();

    private final List<ManagedChannel> channels = new ArrayList<>();
    private Server server;

    /** One stream of the flood. */
    private record Opened(StreamObserver<Carried> requests, StreamRecorder<Carried, Carried> replies) {}

    @BeforeEach
    void start() throws IOException {
        server = HomeportServerBuilder.forPort(0)
                .addService(new CarryingStreamTest.Calling())
                .build()
                .start();
        Wait.until("streams of tests before are gone", () -> CarrierCounts.open() == 0);
    }

    @AfterEach
    void close() throws InterruptedException {
        System.clearProperty(CarrierCounts.MAX_OF_ADDRESS_PROPERTY);
        System.clearProperty(CarrierCounts.MAX_PROPERTY);
        channels.forEach(ManagedChannel::shutdownNow);
        server.shutdownNow();
        for (ManagedChannel channel : channels) {
            assertThat(channel.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        Wait.until("no stream is counted any more", () -> CarrierCounts.open() == 0 && CarrierCounts.open(HERE) == 0);
    }

    private ManagedChannel kept(ManagedChannel channel) {
        channels.add(channel);
        return channel;
    }

    private ManagedChannel plain() {
        return kept(NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build());
    }

    private ManagedChannel honest() {
        return kept(HomeportChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .policy(RoutePolicy.REMOTE)
                .addCallbackService(new EchoService())
                .build());
    }

    private static Status unary(ManagedChannel channel) {
        return CallbackFixture.statusOf(() -> EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, 1)));
    }

    /** Opens so many streams, says a first word on each or not, and returns them in order. */
    private List<Opened> flood(ManagedChannel liar, int count, boolean speak) {
        List<Opened> flood = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StreamRecorder<Carried, Carried> replies = new StreamRecorder<>();
            StreamObserver<Carried> requests = CallbackCarrierGrpc.newStub(liar).carry(replies);
            if (speak) {
                requests.onNext(OPEN);
            }
            flood.add(new Opened(requests, replies));
        }
        return flood;
    }

    private static void awaitRefusals(List<Opened> flood, int count) {
        Wait.until("so many are refused: " + count, () -> flood.stream()
                        .filter(one -> !one.replies().ends().isEmpty())
                        .count() == count);
        assertThat(flood).filteredOn(one -> !one.replies().ends().isEmpty()).allSatisfy(one ->
                assertThat(one.replies().awaitEnd().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
    }

    @Test
    void streamsOfOneAddressAreBoundedAndTheRefusalNamesTheBound() {
        System.setProperty(CarrierCounts.MAX_OF_ADDRESS_PROPERTY, String.valueOf(LIMIT));
        ManagedChannel before = honest();
        assertThat(unary(before).isOk()).isTrue();
        long refusedBefore = CarrierCounts.refused();

        List<Opened> flood = flood(plain(), 50, true);

        awaitRefusals(flood, 50 - LIMIT + 1);
        List<Opened> taken = flood.stream().filter(one -> one.replies().ends().isEmpty()).toList();
        assertThat(taken).allSatisfy(one -> assertThat(one.replies().awaitValue().hasReady()).isTrue());
        assertThat(flood).filteredOn(one -> !taken.contains(one)).allSatisfy(one -> {
            Status status = one.replies().awaitEnd();
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(status.getDescription()).contains("127.0.0.1").contains("max=" + LIMIT);
        });
        assertThat(CarrierCounts.open(HERE)).isEqualTo(LIMIT);
        assertThat(CarrierCounts.refused() - refusedBefore).isEqualTo(50 - LIMIT + 1);
        assertThat(unary(before).isOk()).as("who had a stream keeps it").isTrue();

        taken.get(0).requests().onError(new IllegalStateException("done"));
        Wait.until("one has left", () -> CarrierCounts.open(HERE) == LIMIT - 1);
        assertThat(unary(honest()).isOk()).isTrue();
    }

    @Test
    void streamsThatSayNothingCountToo() {
        System.setProperty(CarrierCounts.MAX_OF_ADDRESS_PROPERTY, String.valueOf(LIMIT));

        List<Opened> flood = flood(plain(), 50, false);

        awaitRefusals(flood, 50 - LIMIT);
        assertThat(CarrierCounts.open(HERE)).isEqualTo(LIMIT);
    }

    @Test
    void clientWithoutAStreamMakesItsCallsAndIsNotCalledBack() {
        System.setProperty(CarrierCounts.MAX_PROPERTY, "1");
        flood(plain(), 1, true).forEach(one -> assertThat(one.replies().awaitValue().hasReady()).isTrue());
        ManagedChannel late = honest();

        Status status = unary(late);

        assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(status.getDescription()).contains("stream for them was refused");
    }

    @Test
    void thousandsOfStreamsOverOneConnectionHoldOnlyWhatIsAllowed() {
        ManagedChannel before = honest();
        assertThat(unary(before).isOk()).isTrue();

        List<Opened> flood = flood(plain(), 5_000, true);

        awaitRefusals(flood, 5_000 - CarrierCounts.DEFAULT_MAX_OF_ADDRESS + 1);
        assertThat(CarrierCounts.open(HERE)).isEqualTo(CarrierCounts.DEFAULT_MAX_OF_ADDRESS);
        for (int i = 0; i < 20; i++) {
            assertThat(unary(before).isOk()).isTrue();
        }
    }
}
