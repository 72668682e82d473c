package dev.homeport.call;

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
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A port in memory: keeps what the engine sends, and hands it frames as a transport does. With sections, if the test
 * says so, of which it counts the blocks in use.
 */
final class FeedPort implements FramePort {
    static final int MAX_FRAME_BYTES = 8 * 1024 - 8;
    static final int MAX_INLINE_BYTES = 2 * 1024;
    /** Where every block of ours is said to be. */
    static final int BLOCK_SECTION = 2;
    static final long BLOCK_OFFSET = 0x1_0000_2000L;

    /** A turn that lets user code run. */
    static final ReadTurn TURN = new ReadTurn() {
        @Override
        public boolean tryEnterUserCode() {
            return true;
        }

        @Override
        public boolean leaveUserCode() {
            return true;
        }
    };

    private final List<byte[]> sent = new ArrayList<>();
    private final int uid;
    private @Nullable FrameReceiver receiver;
    private @Nullable EndCause end;
    private boolean reads = true;
    /** A frame found no room, and nobody was told of room since. */
    private boolean refused;
    private @Nullable Supplier<Sent> atNextSend;
    private boolean hasSections;
    /** Blocks that the engine took to write and has not discarded. */
    private final AtomicInteger taken = new AtomicInteger();
    /** Blocks of the peer that the engine opened and has not released. */
    private final AtomicInteger opened = new AtomicInteger();

    /** @param uid of the peer; what one user has is counted over all its ports */
    FeedPort(int uid) {
        this.uid = uid;
    }

    void receiver(FrameReceiver frames) {
        receiver = frames;
    }

    /** Hands over a frame; a violation ends the port, as in every transport. */
    void feed(byte[] frame) {
        if (isEnded()) {
            return;
        }
        try {
            // At offset 0 of a longer array that is reused, as the contract of onFrame says.
            byte[] memory = Arrays.copyOf(frame, Math.max(64, frame.length + 16));
            Arrays.fill(memory, frame.length, memory.length, (byte) 0xff);
            receiver.onFrame(memory, frame.length, TURN);
            Arrays.fill(memory, (byte) 0xee);
            if (takeRoom()) {
                receiver.onRoom(TURN);
            } else {
                receiver.onDrained(TURN);
            }
        } catch (ProtocolViolation e) {
            close(EndCause.of(EndCause.Kind.VIOLATION, String.valueOf(e.getMessage())));
        }
    }

    private synchronized boolean takeRoom() {
        boolean came = refused && reads;
        refused &= !came;
        return came;
    }

    /** Runs this within the next attempt to send a frame, which then ends so. */
    synchronized void atNextSend(Runnable meanwhile, Sent then) {
        atNextSend = () -> {
            meanwhile.run();
            return then;
        };
    }

    /** The peer reads nothing from now on, or reads again. */
    synchronized void peerReads(boolean does) {
        reads = does;
    }

    void haveSections() {
        hasSections = true;
    }

    int blocksTaken() {
        return taken.get();
    }

    int blocksOpened() {
        return opened.get();
    }

    @Override
    public int maxInlineBytes() {
        return MAX_INLINE_BYTES;
    }

    @Override
    public @Nullable OutBody tryAllocate(int lengthBytes) {
        if (!hasSections) {
            return null;
        }
        taken.getAndIncrement();
        return new Block(ByteBuffer.allocate(lengthBytes));
    }

    /** Every block of the peer is there, and full of zeroes. */
    @Override
    public InBody openBody(int section, long offset, int lengthBytes) throws ProtocolViolation {
        if (!hasSections || section != 0 || offset < 0 || lengthBytes <= 0) {
            return FramePort.super.openBody(section, offset, lengthBytes);
        }
        opened.getAndIncrement();
        return new PeerBlock(lengthBytes, new AtomicBoolean());
    }

    private final class Block implements OutBody {
        private final ByteBuffer buffer;
        private boolean discarded;

        Block(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public ByteBuffer buffer() {
            return buffer;
        }

        @Override
        public Technique technique() {
            return Technique.SECTION;
        }

        @Override
        public OutputStream stream() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public void written() {}

        @Override
        public int section() {
            return BLOCK_SECTION;
        }

        @Override
        public long offset() {
            return BLOCK_OFFSET;
        }

        @Override
        public void discard() {
            if (discarded) {
                throw new AssertionError("discarded twice: its memory may be another's by now");
            }
            discarded = true;
            taken.getAndDecrement();
        }
    }

    private final class PeerBlock implements InBody {
        private final int lengthBytes;
        private final AtomicBoolean released;

        PeerBlock(int lengthBytes, AtomicBoolean released) {
            this.lengthBytes = lengthBytes;
            this.released = released;
        }

        @Override
        public ByteBuffer buffer() {
            return ByteBuffer.allocate(lengthBytes).asReadOnlyBuffer();
        }

        @Override
        public Technique technique() {
            return Technique.SECTION;
        }

        @Override
        public int lengthBytes() {
            return lengthBytes;
        }

        @Override
        public void copyTo(byte[] into) {}

        @Override
        public InputStream stream() {
            return new ByteArrayInputStream(new byte[lengthBytes]);
        }

        @Override
        public boolean isReleased() {
            return released.get();
        }

        @Override
        public void release() {
            if (released.compareAndSet(false, true)) {
                opened.getAndDecrement();
            }
        }
    }

    synchronized boolean isEnded() {
        return end != null;
    }

    synchronized @Nullable EndCause end() {
        return end;
    }

    /** WireFrames sent so far of this type. */
    synchronized List<byte[]> sent(int type) {
        return sent.stream().filter(frame -> frame[0] == type).toList();
    }

    @Override
    public int maxFrameBytes() {
        return MAX_FRAME_BYTES;
    }

    @Override
    public Sent trySend(byte[] frame, int offset, int length) {
        Supplier<Sent> instead;
        synchronized (this) {
            instead = atNextSend;
            atNextSend = null;
        }
        return instead != null ? instead.get() : trySendNow(frame, offset, length);
    }

    private synchronized Sent trySendNow(byte[] frame, int offset, int length) {
        if (end != null) {
            return Sent.CLOSED;
        }
        if (!reads) {
            refused = true;
            return Sent.FULL;
        }
        sent.add(Arrays.copyOfRange(frame, offset, offset + length));
        return Sent.SENT;
    }

    @Override
    public void await(Waiter waiter) {
        throw new UnsupportedOperationException("nobody waits at this port");
    }

    @Override
    public void wake(Waiter waiter) {}

    @Override
    public PeerIdentity peer() {
        return new PeerIdentity(uid, uid, 1, true, "peer");
    }

    @Override
    public PortCounters counters() {
        return new PortCounters(sent.size(), 0, 0, 0, 0);
    }

    @Override
    public void close(EndCause cause) {
        synchronized (this) {
            if (end != null) {
                return;
            }
            end = cause;
        }
        receiver.onEnd(cause);
    }
}
