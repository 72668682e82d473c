package dev.homeport.bench.micro;

import dev.homeport.frame.MetadataCodec;
import dev.homeport.spi.ProtocolViolation;
import io.grpc.Metadata;
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
import org.openjdk.jmh.annotations.Warmup;

/** Metadata to bytes and back: none, as in most calls, and what tracing and authentication add. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class MetadataBenchmark {
    private static final int TRACE_BYTES = 29;

    /** Entries, of which one is binary. */
    @Param({"0", "3"})
    public int entries;

    private Metadata metadata = new Metadata();
    private byte[] block = MetadataCodec.NONE;

    /** Fills the metadata. */
    @Setup
    public void fill() {
        metadata = new Metadata();
        if (entries > 0) {
            metadata.put(Metadata.Key.of("grpc-trace-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[TRACE_BYTES]);
        }
        for (int i = 1; i < entries; i++) {
            metadata.put(Metadata.Key.of("x-entry-" + i, Metadata.ASCII_STRING_MARSHALLER), "value of entry " + i);
        }
        block = MetadataCodec.encode(metadata, null, null);
    }

    @Benchmark
    public byte[] encode() {
        return MetadataCodec.encode(metadata, null, null);
    }

    @Benchmark
    public Metadata decode() throws ProtocolViolation {
        Metadata into = new Metadata();
        MetadataCodec.decode(block, 0, block.length, into);
        return into;
    }
}
