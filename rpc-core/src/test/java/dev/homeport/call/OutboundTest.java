package dev.homeport.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.frame.FrameHeader;
import dev.homeport.spi.FramePort.Sent;
import dev.homeport.spi.ReadTurn;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What waits for room or window leaves when that is there, and whoever waits for it is told. */
class OutboundTest {
    private static final int CALL = 0;
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int NO_WINDOW = 0;

    private final FeedPort port = new FeedPort(1);
    private final Outbound outbound = new Outbound(port);
    private final CountDownLatch told = new CountDownLatch(1);

    @Test
    void callIsToldThatItIsReadyWhenAControlFrameTookItsQueueAlong() throws InterruptedException {
        CallOutbound call = new CallOutbound(outbound, new ToldWhenReady(told), NO_WINDOW);
        while (call.isReady()) {
            call.sendOwned(new byte[FeedPort.MAX_FRAME_BYTES], 1, false, null);
        }

        call.grant(WINDOW_BYTES);
        outbound.sendControl(FrameHeader.window(0, CALL, 1), null);

        assertThat(call.isReady()).isTrue();
        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void callThatFindsThePortFullIsNotReadyUntilAllOfItHasLeft() throws InterruptedException {
        CallOutbound call = new CallOutbound(outbound, new ToldWhenReady(told), WINDOW_BYTES);
        port.peerReads(false);
        call.sendOwned(new byte[FeedPort.MAX_FRAME_BYTES], 1, false, null);
        assertThat(call.isReady()).isFalse();

        port.peerReads(true);
        outbound.roomCame(null);

        assertThat(call.isReady()).isTrue();
        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void thresholdThatAProgramNamesCountsBytesAlone() {
        CallOutbound call = new CallOutbound(outbound, new ToldWhenReady(told), WINDOW_BYTES);
        call.readyThreshold(2 * FeedPort.MAX_FRAME_BYTES);
        port.peerReads(false);

        call.sendOwned(new byte[FeedPort.MAX_FRAME_BYTES], 1, false, null);
        assertThat(call.isReady()).isTrue();

        call.sendOwned(new byte[FeedPort.MAX_FRAME_BYTES], 1, false, null);
        assertThat(call.isReady()).isFalse();
    }

    @Test
    void portThatIsFullIsNotTriedBeforeItTellsOfRoom() {
        CallOutbound call = new CallOutbound(outbound, new ToldWhenReady(told), WINDOW_BYTES);
        port.peerReads(false);
        call.sendOwned(new byte[FeedPort.MAX_FRAME_BYTES], 1, false, null);
        AtomicInteger tries = new AtomicInteger();
        port.atNextSend(tries::getAndIncrement, Sent.FULL);

        call.sendOwned(new byte[FeedPort.MAX_FRAME_BYTES], 1, false, null);
        outbound.sendControl(FrameHeader.window(0, CALL, 1), null);
        outbound.flush(null);
        assertThat(tries).hasValue(0);

        outbound.roomCame(null);
        assertThat(tries).hasValue(1);
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
