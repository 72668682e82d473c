package dev.homeport.testkit.frames;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.call.CallLimits;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.Dispatch;
import dev.homeport.call.ServerSettings;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.LpcTransport;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.Publisher;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.ProcSnapshot;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Mutated conversations through a real ring: records and cursors are wrong now and then as well, readers, timers and
 * handlers are on threads of their own. {@code -Dhomeport.fuzz.connections=N} says how many for each side,
 * {@code -Dhomeport.fuzz.seed=S} repeats a run.
 */
@Tag("lpc")
@Timeout(600)
class MutatedRingTest {
    private static final int CONNECTIONS = Integer.getInteger("homeport.fuzz.connections", 300);
    private static final long SEED = Long.getLong("homeport.fuzz.seed", System.nanoTime());
    private static final int FIRST_GENERATION = 1 << 16;
    private static final Setup SERVER = new Setup("server", "", "", 8192, 1 << 20, true, 5_000_000_000L);
    private static final Setup CLIENT = new Setup("client", "agent/1", "here", 8192, 1 << 20, false, 5_000_000_000L);

    private final String name = "mutated-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    private final LpcTransport transport = new LpcTransport();
    private final TextServices services = new TextServices();
    private final Faults faults = new Faults();
    private ProcSnapshot before;

    @BeforeEach
    void startThreads() throws Exception {
        served(1);
        called(1);
        before = ProcSnapshot.ofThisProcess();
    }

    @AfterEach
    void nothingIsLeft() {
        ProcSnapshot.awaitNoGrowth(ProcessHandle.current().pid(), before);
        faults.close();
        assertThat(faults.seen()).as("seed=%d", SEED).isEmpty();
    }

    @Test
    void serverTakesThemAll() throws Exception {
        assertThat(served(CONNECTIONS)).as("seed=%d: connections that ended as violations", SEED)
                .isBetween(1, CONNECTIONS - 1);
    }

    @Test
    void clientTakesThemAll() throws Exception {
        assertThat(called(CONNECTIONS)).as("seed=%d: connections that ended as violations", SEED)
                .isBetween(1, CONNECTIONS - 1);
    }

    /** Against a server; returns how many connections it ended. */
    private int served(int connections) throws Exception {
        int ended = 0;
        BlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
        ServerSettings settings = new ServerSettings(
                services, Dispatch.ON_READER, CallLimits.DEFAULT, ServerSettings.Observers.NONE, Attributes.EMPTY, null);
        try (Publication publication = transport.publish(
                new PublishRequest(name, List.of(), SERVER, List.of()), (port, peer) -> {
                    Connection made = new Connection(port, peer, null, settings);
                    accepted.add(made);
                    return made;
                })) {
            assertThat(publication.names()).hasSize(1);
            for (int i = 0; i < connections; i++) {
                RandomGenerator random = new SplittableRandom(SEED + i);
                try (RawClient raw = RawClient.connect(new PortQuery.ByName(name, -1))) {
                    Connection victim = Wait.take(accepted);
                    say(raw, random, true, List.of());
                    ended += victim.isEnded() ? 1 : 0;
                    raw.endpoint().shutDown();
                    Wait.until("the server's side ends, seed=" + (SEED + i), victim::isEnded);
                    Wait.until("no call is left, seed=" + (SEED + i), () -> !victim.hasOpenCalls());
                }
            }
        }
        Wait.until("each call that was served ended once", () ->
                services.served().stream().allMatch(call -> call.count() == 1));
        return ended;
    }

    /** Against a client; returns how many connections it ended. */
    private int called(int connections) throws Exception {
        int ended = 0;
        BlockingQueue<Endpoint> accepted = new LinkedBlockingQueue<>();
        try (Publisher publisher = Publisher.publish(
                new PublishRequest(name, List.of(), SERVER, List.of()), accepted::add)) {
            assertThat(publisher.names()).hasSize(1);
            for (int i = 0; i < connections; i++) {
                RandomGenerator random = new SplittableRandom(SEED + i);
                Connection victim = connect();
                try (RawClient raw = new RawClient(Wait.take(accepted))) {
                    List<TextServices.Ends> made = new ArrayList<>();
                    TextServices.METHODS.forEach(method -> made.add(begin(victim, method)));
                    List<Integer> numbers = new ArrayList<>();
                    for (int slot = 0; slot < made.size(); slot++) {
                        numbers.add(FIRST_GENERATION | slot);
                    }
                    say(raw, random, false, numbers);
                    ended += victim.isEnded() ? 1 : 0;
                    raw.endpoint().shutDown();
                    Wait.until("the client's side ends, seed=" + (SEED + i), victim::isEnded);
                    Wait.until("each call ended once, seed=" + (SEED + i), () ->
                            !victim.hasOpenCalls() && made.stream().allMatch(call -> call.count() == 1));
                }
            }
        }
        return ended;
    }

    private Connection connect() throws Exception {
        AtomicReference<Connection> made = new AtomicReference<>();
        PortSearch.Found found = (PortSearch.Found) transport.find(new PortQuery.ByName(name, -1));
        transport.connect(found.port(), CLIENT, (port, peer) -> {
            made.set(new Connection(
                    port, peer, new ClientSettings("here", null, CallLimits.DEFAULT, Attributes.EMPTY), null));
            return made.get();
        });
        return made.get();
    }

    private static TextServices.Ends begin(
            Connection connection, MethodDescriptor<ConnectRequest, ConnectRequest> method) {
        ClientCall<ConnectRequest, ConnectRequest> call = connection.newCall(method, CallOptions.DEFAULT);
        TextServices.Ends ends = new TextServices.Ends(method.getFullMethodName());
        call.start(ends.ofCaller(), new Metadata());
        call.request(Integer.MAX_VALUE);
        call.sendMessage(TextServices.MESSAGE);
        if (method.getType().clientSendsOneMessage()) {
            call.halfClose();
        }
        return ends;
    }

    private static void say(RawClient raw, RandomGenerator random, boolean calls, List<Integer> numbers) {
        Conversation conversation = new Conversation(random, TextServices.names(), false);
        List<byte[]> frames = new FrameMutator(random)
                .mutate(conversation.frames(calls, numbers), conversation.frames(calls, numbers));
        try {
            for (byte[] frame : frames) {
                if (frame.length <= RecordLayout.MAX_FRAME_BYTES && !raw.isEnded()) {
                    send(raw, frame);
                }
                if (random.nextInt(8) == 0) {
                    raw.read();
                }
            }
            if (random.nextInt(4) == 0) {
                lie(raw, random);
            }
        } catch (ProtocolViolation e) {
            throw new AssertionError("the product sends what is no frame", e);
        }
    }

    private static void send(RawClient raw, byte[] frame) {
        Wait.until("there is room, or the peer has ended", () -> {
            try {
                raw.read();
                return raw.trySend(frame) || raw.isEnded();
            } catch (ProtocolViolation e) {
                throw new AssertionError(e);
            }
        });
    }

    private static void lie(RawClient raw, RandomGenerator random) {
        switch (random.nextInt(4)) {
            case 0 -> raw.claim(random.nextInt(), random.nextInt(5), random.nextInt(8) * 8L);
            case 1 -> raw.word(OutboxLayout.TAIL, random.nextLong());
            case 2 -> raw.word(OutboxLayout.CURSOR, random.nextLong());
            default -> raw.asleep(random.nextInt());
        }
        raw.ring();
    }
}
