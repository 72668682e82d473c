package dev.homeport.route.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectionAgeTest {
    private static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Connection connection = new Connection();

    @Test
    void oldConnectionEndsInGoodOrderAndAfterTheGraceAtOnce() throws Exception {
        new ConnectionAge(ConnectionAge.NEVER, SHORT_NANOS, SHORT_NANOS).watch(connection);

        assertThat(connection.events.poll(10, TimeUnit.SECONDS)).isEqualTo("shutdown");
        assertThat(connection.events.poll(10, TimeUnit.SECONDS)).isEqualTo("shutdownNow");
    }

    @Test
    void idleConnectionEndsInGoodOrder() throws Exception {
        new ConnectionAge(SHORT_NANOS, ConnectionAge.NEVER, ConnectionAge.NEVER).watch(connection);

        assertThat(connection.events.poll(10, TimeUnit.SECONDS)).isEqualTo("shutdown");
    }

    @Test
    void endedConnectionIsLeftAlone() throws Exception {
        long laterNanos = TimeUnit.MILLISECONDS.toNanos(500);
        new ConnectionAge(laterNanos, laterNanos, laterNanos).watch(connection);
        connection.end();

        assertThat(connection.events.poll(700, TimeUnit.MILLISECONDS)).isNull();
    }

    private static final class Connection implements ConnectionAge.Aging {
        final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        private final AtomicLong frames = new AtomicLong();
        private final List<Runnable> whenEnded = new ArrayList<>();

        void end() {
            whenEnded.forEach(Runnable::run);
        }

        @Override
        public long framesSeen() {
            return frames.get();
        }

        @Override
        public void shutdown() {
            events.add("shutdown");
        }

        @Override
        public void shutdownNow(Status status) {
            events.add("shutdownNow");
        }

        @Override
        public void whenEnded(Runnable task) {
            whenEnded.add(task);
        }
    }
}
