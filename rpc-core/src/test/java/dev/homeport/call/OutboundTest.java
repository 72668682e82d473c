package dev.homeport.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.frame.FrameHeader;
import dev.homeport.spi.ReadTurn;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What waits for room leaves with whatever is sent next, and whoever waits for that is told. */
class OutboundTest {
    private static final int CALL = 0;
    private static final int WINDOW_BYTES = 1 << 20;

    private final FeedPort port = new FeedPort(1);
    private final Outbound outbound = new Outbound(port);
    private final CountDownLatch told = new CountDownLatch(1);

    @Test
    void callIsToldThatItIsReadyWhenAControlFrameTookItsQueueAlong() throws InterruptedException {
        CallOutbound call = new CallOutbound(outbound, new ToldWhenReady(told), WINDOW_BYTES);
        port.peerReads(false);
        while (call.isReady()) {
            call.sendOwned(new byte[FeedPort.MAX_FRAME_BYTES], 1, false, null);
        }

        port.peerReads(true);
        outbound.sendControl(FrameHeader.window(0, CALL, 1), null);

        assertThat(call.isReady()).isTrue();
        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    }

    private record ToldWhenReady(CountDownLatch told) implements CallOutbound.Owner {
        @Override
        public void lastFrameLeaving() {}

        @Override
        public void lastFrameStayed() {}

        @Override
        public void lastFrameSent() {}

        @Override
        public void becameReady(@Nullable ReadTurn turn) {
            told.countDown();
        }
    }
}
