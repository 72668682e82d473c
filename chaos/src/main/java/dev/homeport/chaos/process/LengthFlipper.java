package dev.homeport.chaos.process;

import static dev.homeport.frame.FrameLayout.FLAG_HALF_CLOSE;
import static dev.homeport.frame.FrameLayout.FLAG_MESSAGE;
import static dev.homeport.frame.FrameLayout.MAX_METHODS;
import static dev.homeport.frame.FrameLayout.NO_PARENT;
import static dev.homeport.frame.FrameLayout.NO_TIMEOUT;
import static dev.homeport.frame.FrameLayout.TYPE_REPLY;

import dev.homeport.frame.FrameHeader;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.lpc.queue.WakeWords;
import dev.homeport.lpc.queue.Words;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.testkit.frames.Frames;
import dev.homeport.testkit.frames.RawClient;
import dev.homeport.testkit.proto.EchoGrpc;
import io.grpc.Status;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;

/**
 * {@code LengthFlipper <name>}: a client that writes two lengths into the header of a record in turn, without a pause, while
 * the server reads it. Either is in order, and tells another story: who reads the length twice believes half of each, and
 * its replies show it. Each line asks for one connection and all the stories that it has numbers for; the answer is that of
 * {@link Flipper}, and whether a story was none.
 *
 * <pre>
 *  0            48               88               128
 *  +------------+----------------+----------------+
 *  | METHOD     | OPEN of a call | OPEN of a call |   short: the method has its name, and the first call is made
 *  |            | by number 0    | of that method |
 *  +------------+----------------+----------------+
 *  | METHOD with a name of 72 B  | OPEN           |   long: the method is unknown, and the first call is not made
 *  +-----------------------------+----------------+
 * </pre>
 *
 * Used by one thread, which flips as long as the server has not read on.
 */
public final class LengthFlipper {
    private static final int RING = OutboxLayout.DEFAULT_QUEUE_BYTES;
    private static final byte[] METHOD = Frames.method(0, EchoGrpc.getEmptyMethod().getFullMethodName());
    private static final int METHOD_BYTES = RecordLayout.recordBytes(METHOD.length);
    private static final int OPEN_BYTES = RecordLayout.recordBytes(open(0, 0).length);
    private static final int STORY_BYTES = METHOD_BYTES + 2 * OPEN_BYTES;
    private static final long SHORT = RecordLayout.header(METHOD.length, RecordLayout.KIND_FRAME);
    private static final long LONG =
            RecordLayout.header(METHOD_BYTES + OPEN_BYTES - RecordLayout.HEADER_BYTES, RecordLayout.KIND_FRAME);
    private static final int TURNS = 8;
    /** Told at once: the server reads them in a row, though the machine be crowded. A quarter of the ring. */
    private static final int STORIES = 64;
    /** As many stories as there are numbers of methods take less, even on a crowded machine. */
    private static final long VISIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final String name;
    private long connections;
    private long flips;
    private long calls;
    private long wrong;

    private LengthFlipper(String name) {
        this.name = name;
    }

    /** Flips when asked. */
    public static void main(String[] arguments) throws Exception {
        if (RING % STORY_BYTES != 0) {
            throw new IllegalStateException("a story must not wrap: bytes=" + STORY_BYTES);
        }
        System.out.println(Flipper.READY);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            while (lines.readLine() != null) {
                LengthFlipper flipper = new LengthFlipper(arguments[0]);
                flipper.run(System.nanoTime() + VISIT_NANOS);
                System.out.println(Flipper.FLIPPED + flipper.connections + " " + flipper.flips + " " + flipper.calls + " "
                        + flipper.wrong);
            }
        }
        System.exit(0);
    }

    private static byte[] open(int call, int method) {
        return Frames.open(FLAG_MESSAGE | FLAG_HALF_CLOSE, call, method, Frames.NOTHING, Frames.NOTHING, 0, NO_PARENT,
                NO_TIMEOUT);
    }

    private void run(long endNanos) throws IOException, ProtocolViolation {
        try (RawClient client = RawClient.connect(new PortQuery.ByName(name, -1))) {
            connections++;
            new Conversation(client).run(endNanos);
        }
    }

    /** What is told on one connection. */
    private final class Conversation {
        private final RawClient client;
        private final MemorySegment own;
        private final MemorySegment peer;
        private final ByteBuffer ownBytes;
        private final WakeWords wakeWords;
        /** By method: the first call of its story has a reply, the second has one, the second has the reply of the known. */
        private final BitSet made = new BitSet();
        private final BitSet ended = new BitSet();
        private final BitSet known = new BitSet();

        Conversation(RawClient client) {
            this.client = client;
            this.own = client.endpoint().own().segment();
            this.ownBytes = client.endpoint().own().buffer();
            this.peer = client.endpoint().peer().segment();
            this.wakeWords = new WakeWords(own, peer);
        }

        /** Stories until the end; the first is told in one way, as all first calls need its method. */
        void run(long endNanos) throws ProtocolViolation {
            boolean asTold = tell(0, 1);
            for (int method = 1; asTold && method < MAX_METHODS && System.nanoTime() - endNanos < 0; ) {
                int last = Math.min(MAX_METHODS, method + STORIES);
                asTold = tell(method, last);
                method = last;
            }
            // A late reply to a call that was not made is seen with the next stories; the last ones have none.
            wrong += asTold ? 0 : 1;
        }

        /** False if the server ends the connection, or its replies fit neither way to read what stands there. */
        private boolean tell(int first, int last) throws ProtocolViolation {
            for (int method = first; method < last; method++) {
                put(place(method), Frames.method(method, EchoGrpc.getEmptyMethod().getFullMethodName()));
                put(place(method) + METHOD_BYTES, open(2 * method, 0));
                put(place(method) + METHOD_BYTES + OPEN_BYTES, open(2 * method + 1, method));
            }
            long end = (long) last * STORY_BYTES;
            Words.setLongRelease(own, OutboxLayout.TAIL, end);
            if ((wakeWords.peerAsleep() & OutboxLayout.SLEEP_MASK) != OutboxLayout.READING) {
                client.ring();
            }
            long deadline = System.nanoTime() + LIMIT_NANOS;
            long read = Words.getLongAcquire(peer, OutboxLayout.CURSOR);
            while (read < end) {
                // The story whose length the server is about to read; of this one the method has passed.
                int next = (int) ((read + STORY_BYTES - 1) / STORY_BYTES);
                if (next > 0 && next < last) {
                    flip(place(next));
                }
                if (System.nanoTime() - deadline > 0) {
                    return false;
                }
                read = Words.getLongAcquire(peer, OutboxLayout.CURSOR);
            }
            return awaitReplies(first, last, deadline);
        }

        private static int place(int method) {
            return OutboxLayout.QUEUE + (int) ((long) method * STORY_BYTES & RING - 1);
        }

        private void put(int place, byte[] frame) {
            ownBytes.putLong(place, RecordLayout.header(frame.length, RecordLayout.KIND_FRAME));
            ownBytes.put(place + RecordLayout.HEADER_BYTES, frame);
        }

        private void flip(int place) {
            for (int i = 0; i < TURNS; i++) {
                Words.setLongRelease(own, place, LONG);
                Words.setLongRelease(own, place, SHORT);
            }
            flips += 2 * TURNS;
        }

        private boolean awaitReplies(int first, int last, long deadline) throws ProtocolViolation {
            for (int method = first; method < last; method++) {
                while (!ended.get(method) || known.get(method) && !made.get(method)) {
                    for (byte[] frame : client.read()) {
                        note(frame);
                    }
                    if (System.nanoTime() - deadline > 0) {
                        return false;
                    }
                }
            }
            return isAsTold();
        }

        private void note(byte[] frame) {
            if (FrameHeader.type(frame) != TYPE_REPLY) {
                return;
            }
            calls++;
            int call = FrameHeader.call(frame);
            int method = call / 2;
            if (call % 2 == 0) {
                made.set(method);
            } else {
                ended.set(method);
                known.set(method, FrameHeader.code(frame) == Status.Code.OK.value());
            }
        }

        /** No call was made that the long story does not have, in any story so far. */
        private boolean isAsTold() {
            BitSet madeUp = (BitSet) made.clone();
            madeUp.and(ended);
            madeUp.andNot(known);
            return madeUp.isEmpty();
        }
    }
}
