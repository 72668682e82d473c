package dev.homeport.bench.micro;

import dev.homeport.lpc.memory.BadDescriptor;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.PeerOutbox;
import dev.homeport.lpc.queue.QueueReader;
import dev.homeport.lpc.queue.QueueWriter;
import dev.homeport.lpc.queue.RecordLayout;
import dev.homeport.spi.ProtocolViolation;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One frame through the message queue of a real outbox: written, read and told to be read. Both ends are of this
 * thread, so that no other core's cache has a part in it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class QueueBenchmark {
    private static final int LONGEST_FRAME_BYTES = 8 * 1024;

    /** Bytes of the frame: a small call, the largest small message, a fragment. */
    @Param({"64", "256", "4096"})
    public int bytes;

    private final byte[] frame = new byte[LONGEST_FRAME_BYTES];
    private final byte[] arrived = new byte[LONGEST_FRAME_BYTES];
    private Ends ends;

    /** The memory of both sides, and what works on it. */
    private record Ends(
            Outbox sender, Outbox receiver, PeerOutbox seenBySender, PeerOutbox seenByReceiver,
            QueueWriter writer, QueueReader reader) {

        static Ends create() throws IOException, BadDescriptor {
            int queueBytes = OutboxLayout.DEFAULT_QUEUE_BYTES;
            Outbox sender = Outbox.create(queueBytes);
            Outbox receiver = Outbox.create(queueBytes);
            PeerOutbox seenBySender = PeerOutbox.map(receiver.descriptor(), queueBytes, sender);
            PeerOutbox seenByReceiver = PeerOutbox.map(sender.descriptor(), queueBytes, receiver);
            return new Ends(
                    sender, receiver, seenBySender, seenByReceiver,
                    new QueueWriter(sender, seenBySender), new QueueReader(receiver, seenByReceiver));
        }

        void close() {
            seenBySender.close();
            seenByReceiver.close();
            sender.close();
            receiver.close();
        }
    }

    /** Makes both sides. */
    @Setup
    public void open() throws IOException, BadDescriptor {
        ends = Ends.create();
    }

    /** Takes the memory away. */
    @TearDown
    public void close() {
        ends.close();
    }

    @Benchmark
    public int writeAndRead() throws ProtocolViolation {
        if (!ends.writer.tryWrite(RecordLayout.KIND_FRAME, frame, 0, bytes)) {
            throw new IllegalStateException("queue full: bytes=" + bytes);
        }
        int length = ends.reader.tryRead(arrived);
        ends.reader.publishCursor();
        return length;
    }
}
