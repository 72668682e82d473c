package dev.homeport.lpc.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.lpc.memory.LentMemory;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerSpace;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Pidfd;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.DeclineReason;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.Technique;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The server's side of direct, on memory of this process, and what a hostile client may say of it. */
class BorrowerTest {
    private static final int SIZE = 3 * Windows.BYTES + 1234;

    private final FakePathway path = new FakePathway();
    private final BodyCounters counters = new BodyCounters();
    private final List<@Nullable OutBody> answers = new ArrayList<>();
    private Outbox own;
    private Outbox client;
    private int pidfd;
    private LentMemory memory;
    private Borrower borrower;

    @BeforeEach
    void open() throws IOException {
        own = Outbox.create(OutboxLayout.MIN_QUEUE_BYTES);
        client = Outbox.create(OutboxLayout.MIN_QUEUE_BYTES);
        int pid = (int) ProcessHandle.current().pid();
        pidfd = Pidfd.open(pid);
        memory = LentMemory.create(1 << 20);
        byte[] nonce = memory.segment().asSlice(0, PeerSpace.NONCE_BYTES).toArray(ValueLayout.JAVA_BYTE);
        PeerSpace space = PeerSpace.probe(pid, pidfd, memory.address(), nonce);
        borrower = new Borrower(path,
                new BodyTerms(own, client.segment(), pidfd, 0, "", space, 256, 1, task -> { }), space, counters);
    }

    @AfterEach
    void close() {
        borrower.close();
        memory.close();
        Descriptors.close(pidfd);
        own.close();
        client.close();
    }

    private byte[] fill(int seed) {
        byte[] bytes = new byte[SIZE];
        new Random(seed).nextBytes(bytes);
        memory.segment().asSlice(0, SIZE).copyFrom(java.lang.foreign.MemorySegment.ofArray(bytes));
        return bytes;
    }

    @Test
    void requestIsReadWholeAndAsAStream() throws Exception {
        byte[] sent = fill(1);
        InBody body = borrower.open(memory.address(), SIZE);
        byte[] copied = new byte[SIZE];
        body.copyTo(copied);

        assertThat(copied).isEqualTo(sent);
        assertThat(body.stream().readAllBytes()).isEqualTo(sent);
        assertThat(body.stream().available()).isEqualTo(SIZE);
        body.release();
        body.release();
        assertThat(path.sent).containsExactly(
                new ControlRecord(ControlRecord.RELEASE, ControlRecord.DIRECT, memory.address()));
        assertThat(path.inside).isZero();
        assertThat(own.buffer().getInt(OutboxLayout.DIRECT)).isZero();
    }

    @Test
    void replyIsWrittenInPiecesOfAnySizeAndNothingBehindIt() throws Exception {
        byte[] reply = fill(2);
        fill(3);
        byte guard = memory.segment().get(ValueLayout.JAVA_BYTE, SIZE);
        OutBody body = lent();
        OutputStream out = body.stream();
        int at = 0;
        for (int piece = 1; at < SIZE; piece = Math.min(SIZE - at, piece * 3)) {
            out.write(reply, at, piece);
            at += piece;
        }
        assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
        out.close();
        body.written();

        assertThat(memory.segment().asSlice(0, SIZE).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(reply);
        assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, SIZE)).isEqualTo(guard);
        assertThat(path.inside).isZero();
    }

    private OutBody lent() throws ProtocolViolation {
        borrower.wish(SIZE, answers::add);
        ControlRecord wish = path.sent.getLast();
        assertThat(wish.operation()).isEqualTo(ControlRecord.WISH);
        assertThat(wish.offset()).isEqualTo(SIZE);
        borrower.onLent(wish.section(), memory.address());
        return answers.getLast();
    }

    @Test
    void wrongAddressFailsWithTheKernelsWordAndDirectIsOver() throws Exception {
        InBody body = borrower.open(4096, SIZE);

        assertThatThrownBy(() -> body.copyTo(new byte[SIZE])).hasMessageContaining("EFAULT");

        assertThat(body.failure()).contains("EFAULT").contains("0x1000");
        assertThat(borrower.isUsable()).isFalse();
        assertThat(path.sent).containsExactly(
                new ControlRecord(ControlRecord.UNREACHABLE, ControlRecord.DIRECT, 0));
        assertThat(counters.declined(Technique.DIRECT)).containsEntry(DeclineReason.UNREACHABLE, 1L);
        body.release();
        assertThat(path.inside).isZero();
    }

    @Test
    void rangeFreedInTheMidstFails() throws Exception {
        InBody body = borrower.open(memory.address(), SIZE);
        var stream = body.stream();
        assertThat(stream.readNBytes(10)).hasSize(10);

        memory.close();

        assertThatThrownBy(stream::readAllBytes).hasMessageContaining("EFAULT");
        assertThat(body.failure()).contains("EFAULT");
        body.release();
    }

    @Test
    void rangeThatEndsTooSoonFails() throws Exception {
        InBody body = borrower.open(memory.address() + memory.sizeBytes() - 1000, 2_000_000);

        assertThatThrownBy(() -> body.copyTo(new byte[2_000_000])).hasMessageContaining("EFAULT");
        body.release();
    }

    @Test
    void replyThatCannotBeWrittenIsGivenUpAndNothingIsWishedForAgain() throws Exception {
        OutBody body = lent();
        memory.close();

        assertThatThrownBy(() -> body.stream().write(new byte[SIZE])).hasMessageContaining("process_vm_writev");
        body.discard();

        assertThat(path.sent).contains(
                new ControlRecord(ControlRecord.UNREACHABLE, ControlRecord.DIRECT, 0),
                new ControlRecord(ControlRecord.UNUSED, ControlRecord.DIRECT, memory.address()));
        borrower.wish(SIZE, answers::add);
        assertThat(answers.getLast()).isNull();
        assertThat(path.inside).isZero();
    }

    @Test
    void withdrawnMemoryIsNotTouched() throws Exception {
        byte[] before = fill(4);
        OutBody reply = lent();
        InBody request = borrower.open(memory.address(), SIZE);
        client.buffer().putInt(OutboxLayout.DIRECT, OutboxLayout.WITHDRAWN);

        assertThatThrownBy(() -> request.copyTo(new byte[SIZE])).hasMessageContaining("withdrawn");
        assertThatThrownBy(() -> reply.stream().write(new byte[SIZE])).hasMessageContaining("withdrawn");

        assertThat(memory.segment().asSlice(0, SIZE).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(before);
        assertThat(own.buffer().getInt(OutboxLayout.DIRECT)).isZero();
        reply.discard();
        request.release();
    }

    @Test
    void addressOutOfBoundsOrInUseIsAViolation() throws Exception {
        for (long address : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> borrower.open(address, 10)).isInstanceOf(ProtocolViolation.class);
        }
        assertThatThrownBy(() -> borrower.open(memory.address(), 0)).isInstanceOf(ProtocolViolation.class);
        InBody held = borrower.open(memory.address(), 10);
        assertThatThrownBy(() -> borrower.open(memory.address(), 20)).isInstanceOf(ProtocolViolation.class);
        held.release();
    }

    @Test
    void answerToNoWishIsAViolation() throws Exception {
        assertThatThrownBy(() -> borrower.onLent(0, memory.address())).isInstanceOf(ProtocolViolation.class);
        OutBody body = lent();
        int number = path.sent.getLast().section();
        assertThatThrownBy(() -> borrower.onLent(number, memory.address())).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> borrower.onNotLent(number)).isInstanceOf(ProtocolViolation.class);
        body.discard();
    }

    @Test
    void wishesAreBoundedAndDeclinedOnesAnswerOnce() throws Exception {
        for (int i = 0; i < Bounds.MAX_WISHES; i++) {
            borrower.wish(SIZE, answers::add);
        }
        assertThat(answers).isEmpty();
        borrower.wish(SIZE, answers::add);
        assertThat(answers).hasSize(1);

        borrower.onNotLent(0);
        assertThat(answers).hasSize(2);
        borrower.close();

        assertThat(answers).hasSize(Bounds.MAX_WISHES + 1).containsOnlyNulls();
    }

    @Test
    void lentMemoryWithAnImpossibleAddressIsAViolation() {
        borrower.wish(SIZE, answers::add);

        assertThatThrownBy(() -> borrower.onLent(0, -5)).isInstanceOf(ProtocolViolation.class);
        assertThat(answers).hasSize(1).containsOnlyNulls();
    }

    @Test
    void probeTellsAnotherProcessADeadOneAndAWrongAddress() throws Exception {
        int pid = (int) ProcessHandle.current().pid();
        byte[] nonce = new byte[PeerSpace.NONCE_BYTES];
        Arrays.fill(nonce, (byte) 7);
        assertThatThrownBy(() -> PeerSpace.probe(pid, pidfd, memory.address(), nonce)).hasMessageContaining("nonce");
        assertThatThrownBy(() -> PeerSpace.probe(pid, pidfd, 4096, nonce)).hasMessageContaining("EFAULT");
        assertThatThrownBy(() -> PeerSpace.probe(pid, pidfd, memory.address(), new byte[3])).hasMessageContaining("pid=");
        assertThatThrownBy(() -> PeerSpace.probe(0, pidfd, memory.address(), nonce)).hasMessageContaining("pid=0");

        Process child = new ProcessBuilder("sleep", "60").start();
        int childFd = Pidfd.open((int) child.pid());
        assertThatThrownBy(() -> PeerSpace.probe((int) child.pid(), childFd, memory.address(), nonce))
                .as("another process has no such memory").isInstanceOf(IOException.class);
        child.destroyForcibly().waitFor();
        assertThatThrownBy(() -> PeerSpace.probe((int) child.pid(), childFd, memory.address(), nonce))
                .hasMessageContaining("ESRCH");
        byte[] real = memory.segment().asSlice(0, PeerSpace.NONCE_BYTES).toArray(ValueLayout.JAVA_BYTE);
        assertThatThrownBy(() -> PeerSpace.probe(pid, childFd, memory.address(), real))
                .as("the number is another process's by now").hasMessageContaining("ESRCH");
        Descriptors.close(childFd);
    }
}
