package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the calls of a killed server: each is executed once, or not and says so. */
@Tag("lpc")
@Timeout(120)
class UnseenCallsTest {
    private final String name = "unseen-" + ProcessHandle.current().pid() + "-" + System.nanoTime();

    @TempDir
    private Path directory;

    private Path log;
    private Jvm server;
    private ManagedChannel channel;

    @BeforeEach
    void serve() {
        log = directory.resolve("executed");
        server = startServer();
        channel = HomeportChannelBuilder.forTarget("lpc:" + name).build();
    }

    private Jvm startServer() {
        Jvm started = Jvm.start(CountingServer.class, name, log.toString());
        started.awaitLine(CountingServer.READY);
        return started;
    }

    @AfterEach
    void end() throws InterruptedException {
        server.close();
        assertThat(channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void callsThatAFrozenServerNeverReadAreServedByItsSuccessor() throws Exception {
        EchoGrpc.newBlockingStub(channel).unary(Payload.request(10, 0));
        server.freeze();
        List<Future<EchoReply>> calls = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            // Large ones are named by a frame and lie in a section, or go in pieces.
            calls.add(EchoGrpc.newFutureStub(channel).withWaitForReady()
                    .unary(Payload.request(i % 10 == 0 ? 100_000 : 50, i)));
        }
        Thread blocking = Thread.ofPlatform().start(() ->
                EchoGrpc.newBlockingStub(channel).withWaitForReady().unary(Payload.request(50, 101)));

        server.kill();
        server.close();
        server = startServer();

        for (int i = 1; i <= 100; i++) {
            assertThat(Wait.get(calls.get(i - 1)).getSequence()).isEqualTo(i);
        }
        assertThat(blocking.join(java.time.Duration.ofSeconds(Wait.LIMIT_SECONDS))).isTrue();
        List<Long> executed = CountingServer.executed(log);
        assertThat(executed).hasSize(102).doesNotHaveDuplicates();
    }

    @Test
    void noCallIsExecutedTwiceWhereverTheServerIsKilled() throws Exception {
        Random random = new Random(20_261_123);
        Set<Long> succeeded = ConcurrentHashMap.newKeySet();
        Set<String> strange = ConcurrentHashMap.newKeySet();
        AtomicLong sequence = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            callers.add(Thread.ofPlatform().start(() -> callUntil(over, sequence, succeeded, strange)));
        }
        for (int round = 0; round < 3; round++) {
            long before = succeeded.size();
            Wait.until("calls run", () -> succeeded.size() > before + 100);
            LockSupport.parkNanos(random.nextInt(5_000_000));
            server.kill();
            server.close();
            server = startServer();
        }
        over.set(true);
        for (Thread caller : callers) {
            assertThat(caller.join(java.time.Duration.ofSeconds(Wait.LIMIT_SECONDS))).isTrue();
        }

        assertThat(strange).isEmpty();
        List<Long> executed = CountingServer.executed(log);
        assertThat(executed).doesNotHaveDuplicates();
        assertThat(new HashSet<>(executed)).containsAll(succeeded);
    }

    private void callUntil(AtomicBoolean over, AtomicLong sequence, Set<Long> succeeded, Set<String> strange) {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel).withWaitForReady();
        while (!over.get()) {
            long next = sequence.incrementAndGet();
            try {
                stub.withDeadlineAfter(20, TimeUnit.SECONDS).unary(Payload.request(20, next));
                succeeded.add(next);
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
                    strange.add(e.toString());
                }
            }
        }
    }
}
