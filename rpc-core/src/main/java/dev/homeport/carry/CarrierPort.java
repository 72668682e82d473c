package dev.homeport.carry;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.homeport.call.CommonExecutor;
import dev.homeport.idl.v1.Carried;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.PeerIdentity;
import dev.homeport.spi.PortCounters;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import dev.homeport.spi.Waiter;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A communication port whose queue is a stream of gRPC. Frames come from gRPC, one at a time; any thread sends. The
 * thread that brings a frame may be gRPC's own, so user code never runs on it, and who waits for a reply only parks.
 * What the peer does not read is not sent: gRPC keeps 32 KiB at most, the rest stays with its call.
 */
final class CarrierPort implements FramePort {
    /** One frame and its envelope fill one frame of HTTP/2. */
    static final int MAX_FRAME_BYTES = 16 * 1024 - 64;
    /** Bytes by which the message of gRPC is longer than the frame in it. */
    static final int ENVELOPE_BYTES = 16;
    /** A frame that is cut into pieces must have room for its own header. */
    static final int MIN_FRAME_BYTES = 512;

    private static final long MAX_PARK_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final ReadTurn TURN = new ReadTurn() {
        @Override
        public boolean tryEnterUserCode() {
            return false;
        }

        @Override
        public boolean leaveUserCode() {
            return true;
        }
    };

    private final FrameStream stream;
    private final PeerIdentity peer;
    private final int maxFrameBytes;
    private final AtomicLong framesSent = new AtomicLong();
    private final AtomicLong framesRead = new AtomicLong();

    /** Taken for one message into gRPC, whose calls are not thread-safe. */
    private final ReentrantLock sendTurn = new ReentrantLock();

    private volatile @Nullable FrameReceiver receiver;
    private volatile @Nullable EndCause end;
    /** A frame is being handed over: its thread then tells of the end. Guarded by this. */
    private boolean reading;

    /** @param maxFrameBytes that the peer takes */
    CarrierPort(FrameStream stream, String peerName, int maxFrameBytes) {
        this.stream = stream;
        this.peer = new PeerIdentity(-1, -1, -1, false, peerName);
        this.maxFrameBytes = Math.min(maxFrameBytes, MAX_FRAME_BYTES);
    }

    /** Before the first frame. */
    void receiver(FrameReceiver frames) {
        receiver = frames;
    }

    @Override
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    @Override
    public Sent trySend(byte[] frame, int offset, int length) {
        sendTurn.lock();
        try {
            if (end != null) {
                return Sent.CLOSED;
            }
            if (!stream.isReady()) {
                return Sent.FULL;
            }
            byte[] copy = Arrays.copyOfRange(frame, offset, offset + length);
            stream.send(Carried.newBuilder().setFrame(UnsafeByteOperations.unsafeWrap(copy)).build());
        } finally {
            sendTurn.unlock();
        }
        framesSent.incrementAndGet();
        return Sent.SENT;
    }

    /** Sends what is not a frame, whether gRPC keeps it or not. */
    void send(Carried message) {
        sendTurn.lock();
        try {
            if (end == null) {
                stream.send(message);
            }
        } finally {
            sendTurn.unlock();
        }
    }

    @Override
    public void await(Waiter waiter) {
        waiter.slot(Thread.currentThread());
        // Full fence between the slot and isDone; partner: who makes it done and then looks at the slot.
        VarHandle.fullFence();
        try {
            if (!waiter.isDone() && !Thread.currentThread().isInterrupted()) {
                long deadline = waiter.deadlineNanos();
                long nanos = deadline == Waiter.NO_DEADLINE ? MAX_PARK_NANOS : deadline - System.nanoTime();
                if (nanos > 0) {
                    LockSupport.parkNanos(this, Math.min(nanos, MAX_PARK_NANOS));
                }
            }
        } finally {
            waiter.slot(null);
        }
    }

    @Override
    public void wake(Waiter waiter) {
        LockSupport.unpark((Thread) waiter.slot());
    }

    @Override
    public PeerIdentity peer() {
        return peer;
    }

    @Override
    public PortCounters counters() {
        return new PortCounters(framesSent.get(), framesRead.get(), 0, 0, 0);
    }

    // ---- what gRPC brings, one at a time ----

    void onFrame(ByteString frame) {
        synchronized (this) {
            if (end != null) {
                return;
            }
            reading = true;
        }
        EndCause broken = null;
        try {
            if (frame.size() > MAX_FRAME_BYTES) {
                throw new ProtocolViolation("frame too long: lengthBytes=" + frame.size());
            }
            framesRead.incrementAndGet();
            receiver.onFrame(frame.toByteArray(), frame.size(), TURN);
            receiver.onDrained(TURN);
        } catch (ProtocolViolation e) {
            broken = EndCause.of(EndCause.Kind.VIOLATION, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            broken = new EndCause(EndCause.Kind.FAILURE, "a frame was not understood: " + e, e);
        } finally {
            stopReading();
        }
        if (broken != null) {
            close(broken);
        }
        stream.request();
    }

    private void stopReading() {
        EndCause ended;
        synchronized (this) {
            reading = false;
            ended = end;
        }
        if (ended != null) {
            tellEnd(ended);
        }
    }

    void onReady() {
        if (end == null) {
            receiver.onRoom(TURN);
        }
    }

    /** The stream has ended by itself. */
    void onEnd(EndCause cause) {
        endWith(cause);
    }

    @Override
    public void close(EndCause cause) {
        if (!endWith(cause)) {
            return;
        }
        sendTurn.lock();
        try {
            switch (cause.kind()) {
                case LOCAL_CLOSE, PEER_CLOSE -> stream.finish();
                default -> stream.abort(cause.detail());
            }
        } finally {
            sendTurn.unlock();
        }
    }

    private boolean endWith(EndCause cause) {
        boolean readerTells;
        synchronized (this) {
            if (end != null) {
                return false;
            }
            end = cause;
            readerTells = reading;
        }
        if (!readerTells) {
            tellEnd(cause);
        }
        return true;
    }

    /** On a thread of its own: who closes may hold a lock of the engine. */
    private void tellEnd(EndCause cause) {
        CommonExecutor.INSTANCE.execute(() -> receiver.onEnd(cause));
    }
}
