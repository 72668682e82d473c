package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.queue.Words;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort.Sent;
import dev.homeport.spi.FrameReceiver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Who sends finds that the peer's cursor cannot be, and the connection ends. A sender holds the lock of what is queued,
 * or of its call; who tells the calls of the end needs the locks of all of them.
 */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class LyingCursorTest {
    private final CompletableFuture<Thread> end = new CompletableFuture<>();

    private final FrameReceiver receiver = new Deaf() {
        @Override
        public void onEnd(EndCause cause) {
            LyingCursorTest.this.end.complete(Thread.currentThread());
        }
    };

    @Test
    void whoFindsItTellsNobodyOfTheEndItself() throws Exception {
        try (PlayedPeer peer = new PlayedPeer(receiver)) {
            assertThat(Eventually.eventually(() -> peer.isLeftTo(OutboxLayout.EPOLL))).isTrue();
            Words.setLongRelease(peer.endpoint.own().segment(), OutboxLayout.CURSOR, 1L << 40);

            Sent sent = Sent.SENT;
            while (sent == Sent.SENT) {
                sent = peer.port.trySend(PlayedPeer.FRAME, 0, PlayedPeer.FRAME.length);
            }

            assertThat(sent).isEqualTo(Sent.CLOSED);
            assertThat(end.get(10, TimeUnit.SECONDS)).isNotEqualTo(Thread.currentThread());
        }
    }
}
