package dev.homeport.lpc.transfer;

import static dev.homeport.lpc.memory.OutboxLayout.DIRECT;
import static dev.homeport.lpc.memory.OutboxLayout.WITHDRAWN;

import dev.homeport.lpc.memory.LentMemory;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Pidfd;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.DeclineReason;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.Technique;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of direct: memory lent to the server, one message each, and reused warm. A request is written
 * here and read by the server from its own process; for a large reply the server wishes for memory and writes it.
 * Memory in the server's hands is neither freed nor reused until the server has given it back, is dead, or is seen
 * to keep out ({@link #withdraw}). Any thread; the lock is held for a few list operations.
 *
 * <pre>
 *   kept ──tryLend──► WRITTEN ──sent──► REQUEST ──RELEASE──► kept
 *   kept ───WISH────► REPLY ──reply named it──► READ ──────► kept
 *                       └────────UNUSED────────────────────► kept
 * </pre>
 */
public final class Lender {
    private static final long SMALL_STEP_BYTES = 64 * 1024;
    private static final long LARGE_STEP_BYTES = 2 * 1024 * 1024;

    private final Pathway pathway;
    private final BodyTerms terms;
    private final BodyCounters counters;

    /** Guards everything below. */
    private final Object lock = new Object();
    /** In use, by address. */
    private final Map<Long, Lent> lent = new HashMap<>();
    private final List<Kept> kept = new ArrayList<>();
    private long totalBytes;
    private boolean unreachable;
    private boolean trimming;
    private boolean closed;

    /** Who may touch lent memory. */
    private enum Use {
        /** We write a request. */
        WRITTEN,
        /** The server may read a request. */
        REQUEST,
        /** The server may write a reply. */
        REPLY,
        /** We read a reply. */
        READ
    }

    private static final class Lent {
        final LentMemory memory;
        final int lengthBytes;
        Use use;

        Lent(LentMemory memory, int lengthBytes, Use use) {
            this.memory = memory;
            this.lengthBytes = lengthBytes;
            this.use = use;
        }
    }

    private record Kept(LentMemory memory, long sinceNanos) {}

    Lender(Pathway pathway, BodyTerms terms, BodyCounters counters) {
        this.pathway = pathway;
        this.terms = terms;
        this.counters = counters;
    }

    /** Memory for a request, or null: declined. */
    @Nullable OutBody tryLend(int lengthBytes) {
        synchronized (lock) {
            Lent taken = tryTake(lengthBytes, Use.WRITTEN);
            if (taken == null) {
                return null;
            }
            if (!pathway.enter()) {
                keep(taken);
                return null;
            }
            return new Written(taken);
        }
    }

    /** The server wishes for memory, for a reply of that length. */
    void onWish(int number, long lengthBytes) throws ProtocolViolation {
        if (lengthBytes <= 0 || lengthBytes > Integer.MAX_VALUE) {
            throw new ProtocolViolation("wish out of bounds: number=" + number + ", lengthBytes=" + lengthBytes);
        }
        Lent taken;
        synchronized (lock) {
            taken = tryTake((int) lengthBytes, Use.REPLY);
        }
        pathway.sendControl(
                taken == null
                        ? new ControlRecord(ControlRecord.NOT_LENT, number, 0)
                        : new ControlRecord(ControlRecord.LENT, number, taken.memory.address()),
                true);
    }

    /** The server has done with a request. */
    void onRelease(long address) throws ProtocolViolation {
        takeBack(address, Use.REQUEST);
    }

    /** The server will not use memory that it wished for. */
    void onUnused(long address) throws ProtocolViolation {
        takeBack(address, Use.REPLY);
    }

    /** The server cannot reach our memory any more. */
    void onUnreachable() {
        synchronized (lock) {
            unreachable = true;
        }
    }

    private void takeBack(long address, Use use) throws ProtocolViolation {
        synchronized (lock) {
            Lent back = lent.get(address);
            if (back == null || back.use != use) {
                throw new ProtocolViolation("memory given back that was not lent: address=" + address
                        + ", use=" + (back == null ? "none" : back.use) + ", expectedUse=" + use);
            }
            keep(back);
        }
    }

    /** The reply that a frame names. With the turn to read. */
    InBody open(long address, int lengthBytes) throws ProtocolViolation {
        synchronized (lock) {
            Lent reply = lent.get(address);
            if (reply == null || reply.use != Use.REPLY || lengthBytes <= 0 || lengthBytes > reply.lengthBytes) {
                throw new ProtocolViolation("reply in memory that was not lent for it: address=" + address
                        + ", lengthBytes=" + lengthBytes);
            }
            if (!pathway.enter()) {
                throw new ProtocolViolation("the connection is closing");
            }
            reply.use = Use.READ;
            return new Read(reply, lengthBytes);
        }
    }

    // ---- memory; everything here under the lock ----

    private @Nullable Lent tryTake(int lengthBytes, Use use) {
        if (closed || terms.pidfd() < 0) {
            return decline(DeclineReason.CLOSING, "no memory is lent: closed=" + closed + ", pidfd=" + terms.pidfd());
        }
        if (unreachable) {
            return decline(DeclineReason.UNREACHABLE, "the server cannot reach our memory");
        }
        if (lent.size() >= Bounds.MAX_HELD_BLOCKS) {
            return decline(DeclineReason.BOUND_REACHED, "lent at once: " + lent.size());
        }
        LentMemory memory = takeKept(lengthBytes);
        if (memory == null) {
            memory = create(lengthBytes);
        }
        if (memory == null) {
            return null;
        }
        Lent taken = new Lent(memory, lengthBytes, use);
        lent.put(memory.address(), taken);
        return taken;
    }

    private @Nullable Lent decline(DeclineReason reason, String detail) {
        counters.countDeclined(Technique.DIRECT, reason, detail);
        return null;
    }

    /** The smallest that is large enough. */
    private @Nullable LentMemory takeKept(int lengthBytes) {
        Kept best = null;
        for (Kept candidate : kept) {
            long size = candidate.memory.sizeBytes();
            if (size >= lengthBytes && (best == null || size < best.memory.sizeBytes())) {
                best = candidate;
            }
        }
        if (best == null) {
            return null;
        }
        kept.remove(best);
        LentGuard.check(best.memory);
        return best.memory;
    }

    private @Nullable LentMemory create(int lengthBytes) {
        long step = lengthBytes < LARGE_STEP_BYTES ? SMALL_STEP_BYTES : LARGE_STEP_BYTES;
        long sizeBytes = (lengthBytes + LentGuard.SLACK_BYTES + step - 1) / step * step;
        while (sizeBytes > Bounds.MAX_LENT_BYTES - totalBytes && !kept.isEmpty()) {
            free(kept.removeFirst().memory);
        }
        if (sizeBytes > Bounds.MAX_LENT_BYTES - totalBytes
                || !UserBytes.tryTake(terms.peerUid(), sizeBytes)) {
            decline(DeclineReason.BOUND_REACHED,
                    "bound reached: lentBytes=" + totalBytes + ", messageBytes=" + lengthBytes);
            return null;
        }
        try {
            LentMemory memory = LentMemory.create(sizeBytes);
            totalBytes += sizeBytes;
            LentGuard.lay(memory);
            return memory;
        } catch (IOException e) {
            UserBytes.giveBack(terms.peerUid(), sizeBytes);
            decline(DeclineReason.NO_MEMORY, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private void keep(Lent back) {
        lent.remove(back.memory.address());
        if (closed) {
            free(back.memory);
            return;
        }
        LentGuard.checkBehind(back.memory, back.lengthBytes);
        LentGuard.lay(back.memory);
        kept.add(new Kept(back.memory, System.nanoTime()));
        if (totalBytes > Bounds.KEPT_LENT_BYTES && !trimming) {
            trimming = true;
            trimLater();
        }
    }

    private void free(LentMemory memory) {
        totalBytes -= memory.sizeBytes();
        UserBytes.giveBack(terms.peerUid(), memory.sizeBytes());
        memory.close();
    }

    private void trimLater() {
        CompletableFuture.delayedExecutor(Bounds.IDLE_NANOS, TimeUnit.NANOSECONDS, terms.background())
                .execute(() -> {
                    synchronized (lock) {
                        trim(System.nanoTime());
                        trimming = !closed && totalBytes > Bounds.KEPT_LENT_BYTES;
                        if (trimming) {
                            trimLater();
                        }
                    }
                });
    }

    /** Frees what has not been used for long, down to what an idle connection may keep. */
    void trim(long nowNanos) {
        synchronized (lock) {
            for (Iterator<Kept> i = kept.iterator(); i.hasNext() && totalBytes > Bounds.KEPT_LENT_BYTES; ) {
                Kept idle = i.next();
                if (nowNanos - idle.sinceNanos >= Bounds.IDLE_NANOS) {
                    i.remove();
                    free(idle.memory);
                }
            }
        }
    }

    /** Bytes of all memory, lent or kept. */
    public long totalBytes() {
        synchronized (lock) {
            return totalBytes;
        }
    }

    // ---- the end ----

    /**
     * Forbids the server our memory, if it has any, and looks whether it keeps out. Asked again until it does.
     *
     * @return whether the memory may be freed
     */
    boolean withdraw() {
        synchronized (lock) {
            if (lent.isEmpty()) {
                return true;
            }
        }
        Words.setIntRelease(terms.own(), DIRECT, WITHDRAWN);
        // Full fence between our word and the server's count; partner: Borrower.reach of the server.
        VarHandle.fullFence();
        return Words.getIntAcquire(terms.peer(), DIRECT) == 0 || !Pidfd.isAlive(terms.pidfd());
    }

    /** Frees everything. The caller guarantees that no thread of ours touches it, and {@link #withdraw} said so for the server. */
    void close() {
        synchronized (lock) {
            closed = true;
            lent.values().forEach(left -> free(left.memory));
            lent.clear();
            kept.forEach(left -> free(left.memory));
            kept.clear();
        }
    }

    private static ByteBuffer bufferOf(LentMemory memory, int lengthBytes) {
        return memory.segment().asSlice(0, lengthBytes).asByteBuffer();
    }

    /** A request that is being written. */
    private final class Written implements OutBody {
        private final Lent home;
        /** It may be written; the memory is kept for that. */
        private boolean writing = true;

        Written(Lent home) {
            this.home = home;
        }

        @Override
        public ByteBuffer buffer() {
            return bufferOf(home.memory, home.lengthBytes);
        }

        @Override
        public OutputStream stream() {
            return new BufferOutput(buffer());
        }

        @Override
        public void written() {
            if (writing) {
                writing = false;
                synchronized (lock) {
                    home.use = Use.REQUEST;
                }
                pathway.leave();
            }
        }

        @Override
        public int section() {
            return ControlRecord.DIRECT;
        }

        @Override
        public long offset() {
            return home.memory.address();
        }

        @Override
        public Technique technique() {
            return Technique.DIRECT;
        }

        @Override
        public void discard() {
            boolean inside = writing;
            writing = false;
            synchronized (lock) {
                // After the connection's end it may be gone already.
                if (lent.get(home.memory.address()) == home) {
                    keep(home);
                }
            }
            if (inside) {
                pathway.leave();
            }
        }
    }

    /** A reply that is being read. */
    private final class Read implements InBody {
        private final Lent home;
        private final int lengthBytes;
        private final AtomicBoolean released = new AtomicBoolean();

        Read(Lent home, int lengthBytes) {
            this.home = home;
            this.lengthBytes = lengthBytes;
        }

        @Override
        public ByteBuffer buffer() {
            return bufferOf(home.memory, lengthBytes).asReadOnlyBuffer();
        }

        @Override
        public void copyTo(byte[] into) {
            MemorySegment.copy(home.memory.segment(), ValueLayout.JAVA_BYTE, 0, into, 0, lengthBytes);
        }

        @Override
        public InputStream stream() {
            return new BufferInput(buffer());
        }

        @Override
        public int lengthBytes() {
            return lengthBytes;
        }

        @Override
        public Technique technique() {
            return Technique.DIRECT;
        }

        @Override
        public boolean isReleased() {
            return released.get();
        }

        @Override
        public void release() {
            if (released.compareAndSet(false, true)) {
                synchronized (lock) {
                    keep(home);
                }
                pathway.leave();
            }
        }
    }
}
