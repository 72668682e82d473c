package dev.homeport.bench.micro;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.DataFrame;
import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.OpenFrame;
import dev.homeport.frame.ReplyFrame;
import dev.homeport.spi.ProtocolViolation;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Fixed parts of frames: written into an array, read from it and checked. Without metadata and message. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameCodecBenchmark {
    private static final int MESSAGE_BYTES = 34;
    private static final int FRAME_BYTES = 256;

    private final byte[] frame = new byte[FRAME_BYTES];
    private int call;

    /** A unary request with a deadline. */
    @Benchmark
    public OpenFrame open() throws ProtocolViolation {
        FrameHeader.putOpen(
                frame, FLAG_MESSAGE | FLAG_HALF_CLOSE, call++ & 0xffff, 7, 0, MESSAGE_BYTES, NO_PARENT, 1_000_000_000);
        return OpenFrame.read(frame, OPEN_BYTES + MESSAGE_BYTES);
    }

    /** A unary reply. */
    @Benchmark
    public ReplyFrame reply() throws ProtocolViolation {
        FrameHeader.putReply(
                frame, FLAG_HEADERS | FLAG_MESSAGE | FLAG_STATUS, 0, call++ & 0xffff, 0, MESSAGE_BYTES, 0, 0);
        return ReplyFrame.read(frame, REPLY_BYTES + MESSAGE_BYTES);
    }

    /** A message of a stream. */
    @Benchmark
    public DataFrame data() throws ProtocolViolation {
        FrameHeader.putData(frame, FLAG_MESSAGE, call++ & 0xffff, MESSAGE_BYTES);
        return DataFrame.read(frame, DATA_BYTES + MESSAGE_BYTES);
    }
}
