package dev.homeport.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server is replaced by the next while callers call: nobody notices. */
@Tag("lpc")
@Timeout(120)
class TakeOverUnderLoadTest {
    @TempDir
    private Path directory;

    @Test
    void noCallFailsAndEachIsExecutedOnceWhileServersReplaceEachOther() throws Exception {
        String name = "roll-" + ProcessHandle.current().pid();
        Path log = directory.resolve("executed");
        AtomicLong sequence = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        Set<String> failures = ConcurrentHashMap.newKeySet();
        ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:" + name).build();
        Jvm current = start(name, log);
        List<Thread> callers = new ArrayList<>();
        try {
            for (int i = 0; i < 2; i++) {
                callers.add(Thread.ofPlatform().start(() -> {
                    EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
                    while (!over.get()) {
                        try {
                            stub.unary(Payload.request(20, sequence.incrementAndGet()));
                        } catch (RuntimeException e) {
                            failures.add(e.toString());
                        }
                    }
                }));
            }
            for (int round = 0; round < 3; round++) {
                long before = sequence.get();
                Wait.until("calls run", () -> sequence.get() > before + 1_000);
                Jvm next = start(name, log);
                // Its connections drain, so its process ends by itself.
                assertThat(current.awaitExit()).isZero();
                current.close();
                current = next;
            }
        } finally {
            over.set(true);
            for (Thread caller : callers) {
                assertThat(caller.join(Duration.ofSeconds(Wait.LIMIT_SECONDS))).isTrue();
            }
            current.close();
            channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }

        assertThat(failures).isEmpty();
        assertThat(CountingServer.executed(log)).hasSize((int) sequence.get()).doesNotHaveDuplicates();
    }

    private static Jvm start(String name, Path log) {
        Jvm started = Jvm.start(CountingServer.class, name, log.toString(), "takeover");
        started.awaitLine(CountingServer.READY);
        return started;
    }
}
