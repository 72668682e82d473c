package dev.homeport.bench.micro;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.homeport.bench.proto.Body;
import java.io.IOException;
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

/** Protobuf's own share: a message of 32 B built, written into an array and parsed from it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class MessageBenchmark {
    private static final int PAYLOAD_BYTES = 32;
    private static final int ARRAY_BYTES = 256;

    private final ByteString payload = ByteString.copyFrom(new byte[PAYLOAD_BYTES]);
    private final byte[] array = new byte[ARRAY_BYTES];

    @Benchmark
    public Body writeAndParse() throws IOException {
        Body body = Body.newBuilder().setPayload(payload).build();
        int length = body.getSerializedSize();
        CodedOutputStream out = CodedOutputStream.newInstance(array, 0, length);
        body.writeTo(out);
        out.flush();
        return Body.parser().parseFrom(CodedInputStream.newInstance(array, 0, length));
    }
}
