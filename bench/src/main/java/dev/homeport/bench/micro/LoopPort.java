package dev.homeport.bench.micro;

import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.PeerIdentity;
import dev.homeport.spi.PortCounters;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import dev.homeport.spi.Waiter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One end of two that are joined within a thread: a frame is copied, and read by the other end when this one waits. So
 * both halves of a call run one after the other, without queue, fences, turns and another processor. One thread.
 */
final class LoopPort implements FramePort {
    private static final int MAX_FRAME_BYTES = 8 * 1024 - 8;
    /** Frames that wait to be read: a call has one at a time, its first one the method's name as well. */
    private static final int MAX_FRAMES = 8;
    private static final PeerIdentity PEER = new PeerIdentity(1000, 1000, 1, true, "other end");

    private static final ReadTurn TURN = new ReadTurn() {
        @Override
        public boolean tryEnterUserCode() {
            return true;
        }

        @Override
        public boolean leaveUserCode() {
            return true;
        }
    };

    private final byte[][] inbox = new byte[MAX_FRAMES][MAX_FRAME_BYTES];
    private final int[] lengths = new int[MAX_FRAMES];
    private int frames;
    private LoopPort other = this;
    private @Nullable FrameReceiver receiver;

    /** Joins two ends. */
    static void join(LoopPort one, LoopPort two) {
        one.other = two;
        two.other = one;
    }

    void receiver(FrameReceiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public int maxFrameBytes() {
        return MAX_FRAME_BYTES;
    }

    @Override
    public Sent trySend(byte[] frame, int offset, int length) {
        int at = other.frames;
        if (at == MAX_FRAMES) {
            return Sent.FULL;
        }
        System.arraycopy(frame, offset, other.inbox[at], 0, length);
        other.lengths[at] = length;
        other.frames = at + 1;
        return Sent.SENT;
    }

    /** The other end reads and answers, and then this one reads. */
    @Override
    public void await(Waiter waiter) {
        while (!waiter.isDone()) {
            if (other.read() + read() == 0) {
                throw new IllegalStateException("waits for a frame that nobody sends");
            }
        }
    }

    private int read() {
        int read = frames;
        FrameReceiver receiver = Objects.requireNonNull(this.receiver);
        try {
            for (int i = 0; i < read; i++) {
                receiver.onFrame(inbox[i], lengths[i], TURN);
            }
            frames = 0;
            receiver.onDrained(TURN);
            return read;
        } catch (ProtocolViolation e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void wake(Waiter waiter) {}

    @Override
    public PeerIdentity peer() {
        return PEER;
    }

    @Override
    public PortCounters counters() {
        return new PortCounters(0, 0, 0, 0, 0);
    }

    @Override
    public void close(EndCause cause) {}
}
