package dev.homeport.lpc;

import com.google.protobuf.BytesValue;
import dev.homeport.call.Connection;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One stream of large messages there and back, {@code StreamMemoryCampaign COUNT BYTES DIRECT_FROM}: what the two
 * processes, with heaps of 96 MiB, occupy after a tenth of it, at its end, and after 12 s in which nothing happens.
 */
final class StreamMemoryCampaign {
    private StreamMemoryCampaign() {}

    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[0]);
        int bytes = Integer.parseInt(arguments[1]);
        boolean waits = arguments.length > 3;
        String name = "stream-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        try (ChildJvm server = ChildJvm.start(
                List.of("--enable-native-access=ALL-UNNAMED", "-Xmx96m"), Echo.class, name, arguments[2])) {
            server.line();
            Connection connection = Echo.connect(name, Echo.settings(Integer.parseInt(arguments[2])));
            BytesValue message = Echo.message(bytes, 1);
            Progress progress = new Progress(message, count, server.pid());
            ClientCalls.asyncBidiStreamingCall(
                    Echo.channelOn(connection).newCall(Echo.BIDI, CallOptions.DEFAULT), progress);
            progress.done.get(570, TimeUnit.SECONDS);
            String idle = "";
            if (waits) {
                TimeUnit.SECONDS.sleep(12);
                idle = " clientIdleKiB=" + residentKib("self") + " serverIdleKiB="
                        + residentKib(Integer.toString(server.pid()));
            }
            System.out.println("messages=" + progress.received + " bytes=" + bytes + progress.early + progress.late
                    + idle + " " + connection.port().bodies());
            connection.shutdownNow(Status.CANCELLED);
        }
    }

    static long residentKib(String process) throws IOException {
        return Files.readAllLines(Path.of("/proc", process, "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    /** Sends while the stream is ready, and looks at each reply. */
    private static final class Progress implements ClientResponseObserver<BytesValue, BytesValue> {
        private final BytesValue message;
        private final int count;
        private final int serverPid;
        final CompletableFuture<Void> done = new CompletableFuture<>();
        volatile String early = "";
        volatile String late = "";
        volatile int received;
        private int sent;

        Progress(BytesValue message, int count, int serverPid) {
            this.message = message;
            this.count = count;
            this.serverPid = serverPid;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<BytesValue> requests) {
            requests.setOnReadyHandler(() -> {
                while (requests.isReady() && sent < count) {
                    requests.onNext(message);
                    if (++sent == count) {
                        requests.onCompleted();
                    }
                }
            });
        }

        @Override
        public void onNext(BytesValue reply) {
            if (!reply.equals(message)) {
                throw new IllegalStateException("a message has changed: number=" + received);
            }
            received++;
            if (received == Math.max(1, count / 10)) {
                early = occupied("Early");
            }
        }

        private String occupied(String when) {
            try {
                return " client" + when + "KiB=" + residentKib("self") + " server" + when + "KiB="
                        + residentKib(Integer.toString(serverPid));
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        @Override
        public void onError(Throwable t) {
            done.completeExceptionally(t);
        }

        @Override
        public void onCompleted() {
            late = occupied("Late");
            done.complete(null);
        }
    }
}
