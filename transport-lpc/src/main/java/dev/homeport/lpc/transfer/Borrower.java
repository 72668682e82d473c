package dev.homeport.lpc.transfer;

import static dev.homeport.lpc.memory.OutboxLayout.DIRECT;

import dev.homeport.lpc.memory.PeerSpace;
import dev.homeport.lpc.queue.Words;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.DeclineReason;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.Technique;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of direct: reads requests from the client's memory, and writes large replies into memory that
 * it wished for. Bytes pass through {@link Windows} that stay in the processor's cache. Any thread; no system call and
 * no answer to a wish under the lock.
 */
public final class Borrower {
    private final Pathway pathway;
    private final BodyTerms terms;
    private final PeerSpace space;
    private final BodyCounters counters;

    /** Guards everything below but {@link #unreachable}. */
    private final Object lock = new Object();
    private final Map<Integer, Wish> wishes = new HashMap<>();
    /** Numbers of wishes that were given up before they were answered. */
    private final Set<Integer> late = new HashSet<>();
    /** Requests in use, by address. */
    private final Set<Long> held = new HashSet<>();
    private int nextWish;
    private boolean closed;

    /** The client's memory could not be reached once: it is not tried again. */
    private volatile boolean unreachable;

    private record Wish(int lengthBytes, Consumer<@Nullable OutBody> answer) {}

    Borrower(Pathway pathway, BodyTerms terms, PeerSpace space, BodyCounters counters) {
        this.pathway = pathway;
        this.terms = terms;
        this.space = space;
        this.counters = counters;
    }

    boolean isUsable() {
        return !unreachable;
    }

    // ---- requests ----

    /** The request that a frame names. With the turn to read. */
    InBody open(long address, int lengthBytes) throws ProtocolViolation {
        if (address <= 0 || lengthBytes <= 0 || address > Long.MAX_VALUE - lengthBytes) {
            throw new ProtocolViolation(
                    "direct body out of bounds: address=" + address + ", lengthBytes=" + lengthBytes);
        }
        synchronized (lock) {
            if (held.size() >= Bounds.MAX_HELD_BLOCKS || !held.add(address)) {
                throw new ProtocolViolation("direct body in use: address=" + address + ", held=" + held.size());
            }
        }
        if (!pathway.enter()) {
            throw new ProtocolViolation("the connection is closing");
        }
        return new Request(address, lengthBytes);
    }

    // ---- replies ----

    /** Wishes for memory; the answer is null if there is none, or not in time. */
    void wish(int lengthBytes, Consumer<@Nullable OutBody> answer) {
        int number;
        synchronized (lock) {
            if (closed || unreachable || wishes.size() + late.size() >= Bounds.MAX_WISHES) {
                number = -1;
            } else {
                number = nextWish;
                nextWish = nextWish + 1 & Integer.MAX_VALUE;
                wishes.put(number, new Wish(lengthBytes, answer));
            }
        }
        if (number < 0) {
            counters.countDeclined(Technique.DIRECT,
                    unreachable ? DeclineReason.UNREACHABLE : DeclineReason.BOUND_REACHED,
                    "no wish: messageBytes=" + lengthBytes);
            answer.accept(null);
            return;
        }
        pathway.sendControl(new ControlRecord(ControlRecord.WISH, number, lengthBytes), true);
        CompletableFuture.delayedExecutor(Bounds.LEND_TIMEOUT_NANOS, TimeUnit.NANOSECONDS, terms.background())
                .execute(() -> giveUp(number));
    }

    private void giveUp(int number) {
        Wish wish;
        synchronized (lock) {
            wish = wishes.remove(number);
            if (wish != null) {
                late.add(number);
            }
        }
        if (wish != null) {
            counters.countDeclined(Technique.DIRECT, DeclineReason.LATE,
                    "no answer in time: messageBytes=" + wish.lengthBytes);
            wish.answer.accept(null);
        }
    }

    /** The client lends memory. With the turn to read. */
    void onLent(int number, long address) throws ProtocolViolation {
        Wish wish = answered(number);
        if (wish == null) {
            pathway.sendControl(new ControlRecord(ControlRecord.UNUSED, ControlRecord.DIRECT, address), false);
            return;
        }
        if (address <= 0 || address > Long.MAX_VALUE - wish.lengthBytes) {
            wish.answer.accept(null);
            throw new ProtocolViolation("lent memory out of bounds: address=" + address);
        }
        wish.answer.accept(pathway.enter() ? new Reply(address, wish.lengthBytes) : null);
    }

    /** The client lends nothing. With the turn to read. */
    void onNotLent(int number) throws ProtocolViolation {
        Wish wish = answered(number);
        if (wish != null) {
            counters.countDeclined(Technique.DIRECT, DeclineReason.PEER_REFUSED,
                    "the client lends no memory: messageBytes=" + wish.lengthBytes);
            wish.answer.accept(null);
        }
    }

    /** The wish of that number, or null if it was given up. */
    private @Nullable Wish answered(int number) throws ProtocolViolation {
        synchronized (lock) {
            Wish wish = wishes.remove(number);
            if (wish == null && !late.remove(number)) {
                throw new ProtocolViolation("answer to no wish: number=" + number);
            }
            return wish;
        }
    }

    /** Nothing is wished for any more. Memory of the client's may be in use until those who use it leave. */
    void close() {
        List<Wish> open;
        synchronized (lock) {
            closed = true;
            open = new ArrayList<>(wishes.values());
            wishes.clear();
        }
        open.forEach(wish -> wish.answer.accept(null));
    }

    // ---- the client's memory ----

    /** Moves one window; the client frees no memory while our count says that we are in it. */
    private void reach(boolean reads, long address, MemorySegment window) throws IOException {
        Words.addInt(terms.own(), DIRECT, 1);
        int error;
        try {
            // Full fence between our count and the client's word; partner: Lender.withdraw of the client.
            VarHandle.fullFence();
            if (Words.getIntOpaque(terms.peer(), DIRECT) != 0) {
                throw new IOException("the client has withdrawn its memory");
            }
            error = reads ? space.read(address, window) : space.write(address, window);
        } finally {
            Words.addInt(terms.own(), DIRECT, -1);
        }
        if (error < 0) {
            throw unreachable(reads ? "process_vm_readv" : "process_vm_writev", address, window.byteSize(), error);
        }
    }

    private IOException unreachable(String call, long address, long lengthBytes, int error) {
        String detail = "memory of the client cannot be reached: " + call + " gives " + Errno.name(error)
                + ", address=0x" + Long.toHexString(address) + ", lengthBytes=" + lengthBytes;
        if (!unreachable) {
            unreachable = true;
            pathway.sendControl(new ControlRecord(ControlRecord.UNREACHABLE, ControlRecord.DIRECT, 0), false);
        }
        counters.countDeclined(Technique.DIRECT, DeclineReason.UNREACHABLE, detail);
        return new IOException(detail);
    }

    /** A request in the client's memory. */
    private final class Request implements InBody {
        private final long address;
        private final int lengthBytes;
        private final AtomicBoolean released = new AtomicBoolean();
        private volatile @Nullable String failure;

        Request(long address, int lengthBytes) {
            this.address = address;
            this.lengthBytes = lengthBytes;
        }

        @Override
        public @Nullable ByteBuffer buffer() {
            return null;
        }

        @Override
        public void copyTo(byte[] into) throws IOException {
            MemorySegment window = Windows.take();
            for (int at = 0; at < lengthBytes; at += Windows.BYTES) {
                int length = Math.min(Windows.BYTES, lengthBytes - at);
                read(at, window.asSlice(0, length));
                MemorySegment.copy(window, ValueLayout.JAVA_BYTE, 0, into, at, length);
            }
            Windows.giveBack(window);
        }

        @Override
        public InputStream stream() {
            return new WindowInput(this);
        }

        private void read(int at, MemorySegment window) throws IOException {
            if (released.get()) {
                throw new IOException("the message was released");
            }
            try {
                reach(true, address + at, window);
            } catch (IOException e) {
                failure = e.getMessage();
                throw e;
            }
        }

        @Override
        public @Nullable String failure() {
            return failure;
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
                    held.remove(address);
                }
                pathway.sendControl(new ControlRecord(ControlRecord.RELEASE, ControlRecord.DIRECT, address), true);
                pathway.leave();
            }
        }
    }

    /** A request as a stream. Not thread-safe. */
    private static final class WindowInput extends InputStream implements KnownLength {
        private final Request request;
        private final MemorySegment window = Windows.take();
        /** Bytes read from the client so far; those of the window end here. */
        private int readBytes;
        private int windowBytes;
        private int takenBytes;
        private boolean ended;

        WindowInput(Request request) {
            this.request = request;
        }

        @Override
        public int available() {
            return request.lengthBytes - readBytes + windowBytes - takenBytes;
        }

        @Override
        public int read() throws IOException {
            return fill() ? window.get(ValueLayout.JAVA_BYTE, takenBytes++) & 0xff : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, windowBytes - takenBytes);
            MemorySegment.copy(window, ValueLayout.JAVA_BYTE, takenBytes, into, offset, count);
            takenBytes += count;
            return count;
        }

        private boolean fill() throws IOException {
            if (takenBytes < windowBytes) {
                return true;
            }
            int length = Math.min(Windows.BYTES, request.lengthBytes - readBytes);
            if (length == 0 || ended) {
                close();
                return false;
            }
            request.read(readBytes, window.asSlice(0, length));
            readBytes += length;
            windowBytes = length;
            takenBytes = 0;
            return true;
        }

        @Override
        public void close() {
            if (!ended) {
                ended = true;
                windowBytes = 0;
                takenBytes = 0;
                Windows.giveBack(window);
            }
        }
    }

    /** Memory of the client in which a reply is written. */
    private final class Reply implements OutBody {
        private final long address;
        private final int lengthBytes;
        /** The client's memory may be written; ours is kept for that. */
        private boolean writing = true;

        Reply(long address, int lengthBytes) {
            this.address = address;
            this.lengthBytes = lengthBytes;
        }

        @Override
        public @Nullable ByteBuffer buffer() {
            return null;
        }

        @Override
        public OutputStream stream() {
            return new WindowOutput(this);
        }

        private void write(int at, MemorySegment window) throws IOException {
            reach(false, address + at, window);
        }

        @Override
        public void written() {
            if (writing) {
                writing = false;
                pathway.leave();
            }
        }

        @Override
        public int section() {
            return ControlRecord.DIRECT;
        }

        @Override
        public long offset() {
            return address;
        }

        @Override
        public Technique technique() {
            return Technique.DIRECT;
        }

        @Override
        public void discard() {
            pathway.sendControl(new ControlRecord(ControlRecord.UNUSED, ControlRecord.DIRECT, address), true);
            written();
        }
    }

    /** A reply as it is written. Not thread-safe. */
    private static final class WindowOutput extends OutputStream {
        private final Reply reply;
        private final MemorySegment window = Windows.take();
        private int writtenBytes;
        private int windowBytes;
        private boolean ended;

        WindowOutput(Reply reply) {
            this.reply = reply;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (ended || length > reply.lengthBytes - writtenBytes - windowBytes) {
                throw new IOException("message longer than it said: lengthBytes=" + reply.lengthBytes);
            }
            int end = offset + length;
            for (int at = offset; at < end; ) {
                int count = Math.min(end - at, Windows.BYTES - windowBytes);
                MemorySegment.copy(bytes, at, window, ValueLayout.JAVA_BYTE, windowBytes, count);
                windowBytes += count;
                at += count;
                if (windowBytes == Windows.BYTES) {
                    empty();
                }
            }
        }

        private void empty() throws IOException {
            reply.write(writtenBytes, window.asSlice(0, windowBytes));
            writtenBytes += windowBytes;
            windowBytes = 0;
        }

        @Override
        public void close() throws IOException {
            if (ended) {
                return;
            }
            ended = true;
            if (windowBytes > 0) {
                empty();
            }
            Windows.giveBack(window);
            if (writtenBytes != reply.lengthBytes) {
                throw new IOException("message shorter than it said: lengthBytes=" + reply.lengthBytes
                        + ", writtenBytes=" + writtenBytes);
            }
        }
    }
}
