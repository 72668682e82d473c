package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import dev.homeport.call.Connection;
import dev.homeport.spi.LocalTransport.Publication;
import io.grpc.Channel;
import io.grpc.Status;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether a peer can see a byte that was not addressed to it: {@code CanaryCampaign CALLS SEED}. A server and a client in
 * this process make mixed calls full of one canary, while a client process makes mixed calls full of another; a third
 * stands in this process's heap. Then the client process searches everything it shares with anybody for all three, and
 * must find its own only.
 */
final class CanaryCampaign {
    private static final int[] SIZES = {40, 700, 3_000, 20_000, 150_000, 900_000};
    private static final int PIECE_BYTES = 1 << 20;

    private CanaryCampaign() {}

    public static void main(String[] arguments) throws Exception {
        int calls = Integer.parseInt(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        String mine = canary("mine", seed);
        String heap = canary("heap", seed);
        String theirs = canary("them", seed);
        byte[] secret = message(heap, 900_000).toByteArray();
        String name = "canary-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        try (Publication published = Echo.publish(name, Echo.settings(400_000), new AtomicReference<>());
                ChildJvm client = ChildJvm.start(List.of("--enable-native-access=ALL-UNNAMED"), Client.class,
                        name, theirs, Integer.toString(calls), mine, heap)) {
            Connection connection = Echo.connect(name, Echo.settings(400_000));
            call(Echo.channelOn(connection), mine, calls, seed);
            String found = client.line();
            System.out.println(found + " of " + published.names() + ", secretBytes=" + secret.length);
            assertThat(found).startsWith("own=true others=0 ");
            connection.shutdownNow(Status.CANCELLED);
        }
    }

    private static String canary(String who, long seed) {
        return who + "-canary-" + Long.toHexString(new Random(seed ^ who.hashCode()).nextLong());
    }

    private static BytesValue message(String canary, int bytes) {
        byte[] text = canary.getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[bytes];
        for (int at = 0; at < bytes; at += text.length) {
            System.arraycopy(text, 0, all, at, Math.min(text.length, bytes - at));
        }
        return BytesValue.of(ByteString.copyFrom(all));
    }

    private static void call(Channel channel, String canary, int calls, long seed) {
        Random random = new Random(seed);
        BytesValue[] messages =
                Arrays.stream(SIZES).mapToObj(size -> message(canary, size)).toArray(BytesValue[]::new);
        for (int i = 0; i < calls; i++) {
            // Small ones are more frequent, as they are in life.
            BytesValue request = messages[Math.min(random.nextInt(messages.length), random.nextInt(messages.length))];
            assertThat(Echo.call(channel, request).equals(request)).isTrue();
        }
    }

    /** The process that looks. */
    static final class Client {
        private Client() {}

        public static void main(String[] arguments) throws Exception {
            Connection connection = Echo.connect(arguments[0], Echo.settings(400_000));
            call(Echo.channelOn(connection), arguments[1], Integer.parseInt(arguments[2]), 3);
            byte[] own = arguments[1].getBytes(StandardCharsets.UTF_8);
            byte[][] others = {bytes(arguments[3]), bytes(arguments[4])};
            boolean ownFound = false;
            int othersFound = 0;
            long searched = 0;
            try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
                for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
                    if (!line.contains("memfd:homeport")) {
                        continue;
                    }
                    String[] range = line.split("[ -]");
                    long end = Long.parseLong(range[1], 16);
                    for (long at = Long.parseLong(range[0], 16); at < end; at += PIECE_BYTES) {
                        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, end - at)];
                        memory.seek(at);
                        memory.readFully(piece);
                        searched += piece.length;
                        ownFound |= contains(piece, own);
                        for (byte[] other : others) {
                            othersFound += contains(piece, other) ? 1 : 0;
                        }
                    }
                }
            }
            System.out.println("own=" + ownFound + " others=" + othersFound + " searchedBytes=" + searched);
            connection.shutdownNow(Status.CANCELLED);
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }

        private static boolean contains(byte[] memory, byte[] canary) {
            int end = memory.length - canary.length;
            for (int at = 0; at <= end; at++) {
                if (memory[at] == canary[0] && Arrays.equals(memory, at, at + canary.length, canary, 0, canary.length)) {
                    return true;
                }
            }
            return false;
        }
    }
}
