package dev.homeport.lpc.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.lpc.OpenThings;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static final int QUEUE_BYTES = OutboxLayout.DEFAULT_QUEUE_BYTES;

    @Test
    void whatTheOwnerWritesThePeerReadsAndCannotWrite() throws Exception {
        OpenThings before = OpenThings.now();
        try (Outbox receiver = Outbox.create(QUEUE_BYTES);
                Outbox sender = Outbox.create(QUEUE_BYTES);
                PeerOutbox view = PeerOutbox.map(sender.descriptor(), QUEUE_BYTES, receiver)) {
            sender.closeDescriptor();
            sender.buffer().putLong(OutboxLayout.TAIL, 77);

            assertThat(view.buffer().getLong(OutboxLayout.TAIL)).isEqualTo(77);
            assertThat(view.buffer().getInt(OutboxLayout.QUEUE_BYTES)).isEqualTo(QUEUE_BYTES);
            assertThat(view.buffer().getInt(OutboxLayout.CPU)).isEqualTo(OutboxLayout.CPU_UNKNOWN);
            assertThat(view.buffer().capacity()).isEqualTo(OutboxLayout.QUEUE + QUEUE_BYTES);
            assertThat(view.segment().isReadOnly()).isTrue();
            assertThatThrownBy(() -> view.buffer().put(0, (byte) 1)).isInstanceOf(ReadOnlyBufferException.class);
            assertThatThrownBy(sender::descriptor).isInstanceOf(IllegalStateException.class);
        }
        assertThat(OpenThings.now()).isEqualTo(before);
    }

    @Test
    void secondCloseIsNoop() throws Exception {
        Outbox outbox = Outbox.create(QUEUE_BYTES);
        outbox.close();
        OpenThings before = OpenThings.now();
        outbox.close();
        assertThat(OpenThings.now()).isEqualTo(before);
    }

    @Test
    void queueOfAnotherSizeIsRefused() {
        for (int bytes : new int[] {0, -4096, 2048, 5000, 32 * 1024 * 1024, Integer.MIN_VALUE}) {
            assertThat(OutboxLayout.isQueueBytes(bytes)).isFalse();
            assertThatThrownBy(() -> Outbox.create(bytes)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(OutboxLayout.isQueueBytes(OutboxLayout.MIN_QUEUE_BYTES)).isTrue();
        assertThat(OutboxLayout.isQueueBytes(OutboxLayout.MAX_QUEUE_BYTES)).isTrue();
    }
}
