package dev.homeport.testkit.frames;

import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.PeerIdentity;
import dev.homeport.spi.PortCounters;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import dev.homeport.spi.Technique;
import dev.homeport.spi.Waiter;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A port without a peer: takes what the engine sends, and hands it frames as a transport does. */
final class MemoryPort implements FramePort {
    private static final int MAX_FRAME_BYTES = 8 * 1024 - 8;
    private static final int MAX_INLINE_BYTES = 2 * 1024;
    private static final PeerIdentity PEER = new PeerIdentity(1000, 1000, 1, true, "peer");

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

    private final boolean peerReads;
    private final byte[] memory = new byte[MAX_FRAME_BYTES + 64];
    private final AtomicInteger openBlocks = new AtomicInteger();
    private final AtomicInteger framesSent = new AtomicInteger();
    private @Nullable FrameReceiver receiver;
    private volatile @Nullable EndCause end;

    /** @param peerReads false: there is never room for a frame */
    MemoryPort(boolean peerReads) {
        this.peerReads = peerReads;
    }

    void receiver(FrameReceiver frames) {
        receiver = frames;
    }

    /** Hands over a frame; false if the port has ended before. A violation ends the port; anything else that is thrown is a fault, and goes up. */
    boolean feed(byte[] frame) {
        FrameReceiver frames = receiver;
        if (frames == null || end != null || frame.length > MAX_FRAME_BYTES) {
            return false;
        }
        try {
            // At the beginning of memory that is reused, and has something else behind the frame.
            System.arraycopy(frame, 0, memory, 0, frame.length);
            Arrays.fill(memory, frame.length, Math.min(memory.length, frame.length + 64), (byte) 0xff);
            frames.onFrame(memory, frame.length, TURN);
            frames.onDrained(TURN);
        } catch (ProtocolViolation e) {
            close(EndCause.of(EndCause.Kind.VIOLATION, String.valueOf(e.getMessage())));
        }
        return true;
    }

    /** Blocks of the peer that are in use. */
    int openBlocks() {
        return openBlocks.get();
    }

    @Nullable EndCause end() {
        return end;
    }

    @Override
    public int maxFrameBytes() {
        return MAX_FRAME_BYTES;
    }

    @Override
    public Sent trySend(byte[] frame, int offset, int length) {
        if (end != null) {
            return Sent.CLOSED;
        }
        if (!peerReads) {
            return Sent.FULL;
        }
        framesSent.getAndIncrement();
        return Sent.SENT;
    }

    @Override
    public int maxInlineBytes() {
        return MAX_INLINE_BYTES;
    }

    @Override
    public @Nullable OutBody tryAllocate(int lengthBytes) {
        return null;
    }

    @Override
    public InBody openBody(int section, long offset, int lengthBytes) throws ProtocolViolation {
        if (section != 0 || offset < 0 || lengthBytes <= 0 || lengthBytes > 1 << 20) {
            return FramePort.super.openBody(section, offset, lengthBytes);
        }
        openBlocks.getAndIncrement();
        return new Block(lengthBytes);
    }

    private final class Block implements InBody {
        private final ByteBuffer bytes;
        private final AtomicBoolean released = new AtomicBoolean();

        Block(int lengthBytes) {
            bytes = lengthBytes < 4 ? ByteBuffer.allocate(lengthBytes) : ByteBuffer.wrap(Conversation.text(lengthBytes));
        }

        @Override
        public ByteBuffer buffer() {
            return bytes.asReadOnlyBuffer();
        }

        @Override
        public int lengthBytes() {
            return bytes.capacity();
        }

        @Override
        public void copyTo(byte[] into) {
            bytes.get(0, into, 0, bytes.capacity());
        }

        @Override
        public InputStream stream() {
            byte[] copy = new byte[bytes.capacity()];
            copyTo(copy);
            return new ByteArrayInputStream(copy);
        }

        @Override
        public Technique technique() {
            return Technique.SECTION;
        }

        @Override
        public boolean isReleased() {
            return released.get();
        }

        @Override
        public void release() {
            if (released.compareAndSet(false, true)) {
                openBlocks.getAndDecrement();
            }
        }
    }

    @Override
    public void await(Waiter waiter) {
        throw new UnsupportedOperationException("nobody waits at this port");
    }

    @Override
    public void wake(Waiter waiter) {}

    @Override
    public PeerIdentity peer() {
        return PEER;
    }

    @Override
    public PortCounters counters() {
        return new PortCounters(framesSent.get(), 0, 0, 0, 0);
    }

    @Override
    public void close(EndCause cause) {
        synchronized (this) {
            if (end != null) {
                return;
            }
            end = cause;
        }
        FrameReceiver frames = receiver;
        if (frames != null) {
            frames.onEnd(cause);
        }
    }
}
