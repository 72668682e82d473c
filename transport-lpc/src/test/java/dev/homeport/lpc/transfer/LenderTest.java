package dev.homeport.lpc.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Pidfd;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.DeclineReason;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.Technique;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client's side of direct, and what a hostile server may say of it. */
class LenderTest {
    private static final int UID = 4_000_125;
    private static final int LENGTH = 100_000;

    private final FakePathway path = new FakePathway();
    private final BodyCounters counters = new BodyCounters();
    private Outbox own;
    private Outbox server;
    private int pidfd;
    private Lender lender;

    @BeforeEach
    void open() throws IOException {
        own = Outbox.create(OutboxLayout.MIN_QUEUE_BYTES);
        server = Outbox.create(OutboxLayout.MIN_QUEUE_BYTES);
        pidfd = Pidfd.open((int) ProcessHandle.current().pid());
        lender = new Lender(path, terms(pidfd), counters);
    }

    private BodyTerms terms(int processDescriptor) {
        return new BodyTerms(own, server.segment(), processDescriptor, UID, "", null, 256, 1, Runnable::run);
    }

    @AfterEach
    void close() {
        lender.close();
        Descriptors.close(pidfd);
        own.close();
        server.close();
        assertThat(UserBytes.taken(UID)).isZero();
        assertThat(path.inside).isZero();
    }

    private long lentForReply() throws ProtocolViolation {
        lender.onWish(7, LENGTH);
        ControlRecord answer = path.sent.removeLast();
        assertThat(answer.operation()).isEqualTo(ControlRecord.LENT);
        assertThat(answer.section()).isEqualTo(7);
        return answer.offset();
    }

    private OutBody sentRequest() {
        OutBody request = lender.tryLend(LENGTH);
        request.buffer().put(new byte[LENGTH]);
        request.written();
        return request;
    }

    @Test
    void requestIsKeptUntilTheServerReleasesItAndThenReused() throws Exception {
        OutBody first = sentRequest();
        OutBody second = sentRequest();
        assertThat(second.offset()).isNotEqualTo(first.offset());

        lender.onRelease(first.offset());

        assertThat(sentRequest().offset()).isEqualTo(first.offset());
    }

    @Test
    void releaseOfWhatIsNotTheServersIsAViolation() throws Exception {
        OutBody unsent = lender.tryLend(LENGTH);
        OutBody sent = sentRequest();
        long reply = lentForReply();
        lender.onRelease(sent.offset());

        for (long address : new long[] {sent.offset(), unsent.offset(), reply, 0, -1, sent.offset() + 1}) {
            assertThatThrownBy(() -> lender.onRelease(address)).isInstanceOf(ProtocolViolation.class);
        }
        for (long address : new long[] {sent.offset(), unsent.offset(), 0}) {
            assertThatThrownBy(() -> lender.onUnused(address)).isInstanceOf(ProtocolViolation.class);
        }
        lender.onUnused(reply);
        unsent.discard();
    }

    @Test
    void replyIsTakenOnlyInMemoryLentForItAndOnlyOnce() throws Exception {
        long address = lentForReply();
        OutBody request = sentRequest();

        assertThatThrownBy(() -> lender.open(address, LENGTH + 1)).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> lender.open(address, 0)).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> lender.open(address + 8, 10)).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> lender.open(request.offset(), 10)).isInstanceOf(ProtocolViolation.class);
        InBody reply = lender.open(address, LENGTH - 1);
        assertThatThrownBy(() -> lender.open(address, 10)).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> lender.onUnused(address)).isInstanceOf(ProtocolViolation.class);
        reply.release();
        reply.release();

        assertThatThrownBy(() -> lender.open(address, 10)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void wishOutOfBoundsIsAViolation() {
        for (long length : new long[] {0, -1, Integer.MAX_VALUE + 1L, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> lender.onWish(0, length)).isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void connectionAtItsBoundLendsNoMore() throws Exception {
        int half = (int) (Bounds.MAX_LENT_BYTES / 2);
        lender.onWish(0, half);
        lender.onWish(1, half);
        lender.onWish(2, half);

        assertThat(path.sent).extracting(ControlRecord::operation).containsExactly(
                ControlRecord.LENT, ControlRecord.LENT, ControlRecord.NOT_LENT);
        assertThat(lender.tryLend(half)).isNull();
        assertThat(counters.declined(Technique.DIRECT)).containsEntry(DeclineReason.BOUND_REACHED, 2L);
    }

    @Test
    void userAtItsBoundLendsNoMore() {
        assertThat(UserBytes.tryTake(UID, Bounds.MAX_USER_BYTES)).isTrue();
        assertThat(lender.tryLend(LENGTH)).isNull();
        UserBytes.giveBack(UID, Bounds.MAX_USER_BYTES);
        assertThat(lender.tryLend(LENGTH)).isNotNull().satisfies(OutBody::discard);
    }

    @Test
    void largerMessageTakesTheRoomOfKeptMemory() throws Exception {
        for (int i = 0; i < 3; i++) {
            lender.onRelease(sentRequest().offset());
        }
        OutBody all = lender.tryLend((int) Bounds.MAX_LENT_BYTES);

        assertThat(all).isNotNull();
        assertThat(lender.totalBytes()).isEqualTo(Bounds.MAX_LENT_BYTES);
        all.discard();
    }

    @Test
    void idleMemoryIsGivenBackDownToItsBound() throws Exception {
        OutBody large = lender.tryLend(64 * 1024 * 1024);
        large.written();
        lender.onRelease(large.offset());
        lender.onRelease(sentRequest().offset());
        assertThat(lender.totalBytes()).isGreaterThan(Bounds.KEPT_LENT_BYTES);

        lender.trim(System.nanoTime());
        assertThat(lender.totalBytes()).as("used a moment ago").isGreaterThan(Bounds.KEPT_LENT_BYTES);
        lender.trim(System.nanoTime() + 2 * Bounds.IDLE_NANOS);

        assertThat(lender.totalBytes()).isLessThanOrEqualTo(Bounds.KEPT_LENT_BYTES);
    }

    @Test
    void unreachableMemoryIsNotLentAgain() throws Exception {
        lender.onUnreachable();

        assertThat(lender.tryLend(LENGTH)).isNull();
        lender.onWish(3, LENGTH);
        assertThat(path.sent.getLast()).isEqualTo(new ControlRecord(ControlRecord.NOT_LENT, 3, 0));
        assertThat(counters.declined(Technique.DIRECT)).containsEntry(DeclineReason.UNREACHABLE, 2L);
    }

    @Test
    void closingConnectionDeclines() {
        path.shut = true;

        assertThat(lender.tryLend(LENGTH)).isNull();
    }

    @Test
    void memoryInTheServersHandsIsKeptWhileTheServerIsInIt() {
        assertThat(lender.withdraw()).as("nothing is lent").isTrue();
        sentRequest();
        Words.addInt(server.segment(), OutboxLayout.DIRECT, 1);

        assertThat(lender.withdraw()).isFalse();
        assertThat(own.buffer().getInt(OutboxLayout.DIRECT)).isEqualTo(OutboxLayout.WITHDRAWN);
        Words.addInt(server.segment(), OutboxLayout.DIRECT, -1);
        assertThat(lender.withdraw()).isTrue();
    }

    @Test
    void deadServersCountHoldsNothing() throws Exception {
        Process child = new ProcessBuilder("sleep", "60").start();
        int descriptor = Pidfd.open((int) child.pid());
        Lender ofDead = new Lender(path, terms(descriptor), counters);
        ofDead.tryLend(LENGTH).written();
        Words.addInt(server.segment(), OutboxLayout.DIRECT, 1);
        assertThat(ofDead.withdraw()).isFalse();

        child.destroyForcibly().waitFor();

        assertThat(ofDead.withdraw()).isTrue();
        ofDead.close();
        Descriptors.close(descriptor);
    }
}
