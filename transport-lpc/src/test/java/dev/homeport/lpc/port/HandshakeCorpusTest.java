package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.OpenThings;
import dev.homeport.lpc.memory.OutboxLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the fuzzer found worth keeping, each time. See CONTRIBUTING.md for the fuzzer itself. */
@Timeout(60)
class HandshakeCorpusTest {
    private static final Path CORPUS = Path.of("src/test/resources/fuzz/handshake");

    private static List<Path> corpus() throws IOException {
        try (var files = Files.list(CORPUS)) {
            return files.sorted().toList();
        }
    }

    /** The request of a client that does it right, as the corpus has it: without it the fuzzer sees no reply. */
    private static byte[] honest() {
        return ConnectRequest.newBuilder()
                .setMinVersion(SetupMessages.VERSION)
                .setMaxVersion(SetupMessages.VERSION)
                .setQueueBytes(OutboxLayout.DEFAULT_QUEUE_BYTES)
                .setDirectNonce(ByteString.copyFrom(new byte[16]))
                .setDirectAddress(4096)
                .build()
                .toByteArray();
    }

    @Test
    void noInputOfTheCorpusDoesHarmOrLeavesAnythingOpen() throws Exception {
        HandshakeTarget.fuzzerTestOneInput(new byte[] {0});
        OpenThings before = OpenThings.now();
        byte[] honest = honest();
        byte[] input = new byte[1 + honest.length];
        System.arraycopy(honest, 0, input, 1, honest.length);

        HandshakeTarget.fuzzerTestOneInput(input);
        for (Path file : corpus()) {
            HandshakeTarget.fuzzerTestOneInput(Files.readAllBytes(file));
        }

        assertThat(Ports.eventually(() -> OpenThings.now().equals(before)))
                .as("before %s, after %s", before, OpenThings.now())
                .isTrue();
    }
}
