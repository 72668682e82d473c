package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BytesValue;
import dev.homeport.call.Connection;
import dev.homeport.lpc.transfer.LentGuard;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.Technique;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Cancels and deadlines at random instants of direct transfers, between two processes, with a pattern in all lent
 * memory that nobody may write: {@code DirectCancelCampaign COUNT SEED}, with
 * {@code -Dhomeport.direct.guard=true}. Ends with an exception if a pattern was broken, a message changed or a call
 * ended otherwise than it may.
 */
final class DirectCancelCampaign {
    private static final int SMALLEST = 66_000;
    private static final int SIZES = 60_000;
    private static final int LARGE_SIZES = 600_000;
    /** A call is left alone so often, and its reply compared. */
    private static final int ONE_IN = 16;
    private static final long LONGEST_NANOS = 400_000;

    private final Random random;
    private final Channel channel;
    private final BytesValue[] messages = new BytesValue[64];
    private long cancelled;
    private long expired;
    private long completed;

    private DirectCancelCampaign(Channel channel, long seed) {
        this.channel = channel;
        this.random = new Random(seed);
        for (int i = 0; i < messages.length; i++) {
            int sizes = random.nextInt(ONE_IN) == 0 ? LARGE_SIZES : SIZES;
            messages[i] = Echo.message(SMALLEST + random.nextInt(sizes), i);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        String name = "cancel-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        try (ChildJvm server = ChildJvm.start(
                List.of("--enable-native-access=ALL-UNNAMED"), Echo.class, name, "65536")) {
            assertThat(server.line()).startsWith("published");
            Connection connection = Echo.connect(name, Echo.settings(65_536));
            DirectCancelCampaign campaign = new DirectCancelCampaign(Echo.channelOn(connection), seed);
            for (int i = 0; i < count; i++) {
                campaign.once();
            }
            BodyCounters bodies = connection.port().bodies();
            assertThat(LentGuard.broken()).as("patterns broken").isZero();
            assertThat(LentGuard.checked()).as("patterns looked at").isPositive();
            System.out.println("cancelled=" + campaign.cancelled + " expired=" + campaign.expired + " completed="
                    + campaign.completed + " patterns=" + LentGuard.checked() + " broken=" + LentGuard.broken()
                    + " sentDirect=" + bodies.sent(Technique.DIRECT) + " receivedDirect="
                    + bodies.received(Technique.DIRECT) + " declined=" + bodies.declined(Technique.DIRECT));
            connection.shutdownNow(Status.CANCELLED);
        }
    }

    private void once() throws Exception {
        BytesValue request = messages[random.nextInt(messages.length)];
        boolean leave = random.nextInt(ONE_IN) == 0;
        boolean byDeadline = !leave && random.nextInt(4) == 0;
        long after = random.nextLong(LONGEST_NANOS);
        CallOptions options = byDeadline
                ? CallOptions.DEFAULT.withDeadlineAfter(Math.max(1, after), TimeUnit.NANOSECONDS)
                : CallOptions.DEFAULT;
        CompletableFuture<BytesValue> reply = new CompletableFuture<>();
        CompletableFuture<Status> end = new CompletableFuture<>();
        ClientCall<BytesValue, BytesValue> call = channel.newCall(Echo.UNARY, options);
        call.start(new ClientCall.Listener<>() {
            @Override
            public void onMessage(BytesValue message) {
                reply.complete(message);
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                end.complete(status);
            }
        }, new Metadata());
        call.request(2);
        call.sendMessage(request);
        call.halfClose();
        if (!leave && !byDeadline) {
            long from = System.nanoTime();
            while (System.nanoTime() - from < after) {
                Thread.onSpinWait();
            }
            call.cancel("at a random instant", null);
        }
        check(request, reply, end.get(30, TimeUnit.SECONDS), leave);
    }

    private void check(BytesValue request, CompletableFuture<BytesValue> reply, Status status, boolean left) {
        switch (status.getCode()) {
            case OK -> {
                assertThat(reply.isDone() && reply.join().equals(request)).as("reply is the request").isTrue();
                completed++;
            }
            case CANCELLED -> cancelled++;
            case DEADLINE_EXCEEDED -> expired++;
            default -> throw new AssertionError("unexpected end: " + status);
        }
        assertThat(left && !status.isOk()).as("call left alone ended with %s", status).isFalse();
    }
}
