package dev.homeport.chaos.topic;

import com.google.protobuf.ByteString;
import dev.homeport.HomeportChannelBuilder;
import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Messages of 0 B to 64 MiB there and back, by unary calls and streams, mixed with calls that are cancelled at a random
 * instant: none is lost, doubled, reordered or changed. A trial is a message that was checked on both sides.
 */
public final class Integrity implements Topic {
    private static final int CALLERS = 3;
    private static final int LARGEST_BYTES = 64 << 20;
    private static final int LARGE_BYTES = 256 << 10;
    private static final int SMALL_BYTES = 4 << 10;
    private static final int STREAM_MESSAGES = 64;

    private final ByteString source = Payload.of(LARGEST_BYTES, 1);
    /** A large message takes its size several times; one at once. */
    private final Object largeTurn = new Object();

    @Override
    public String trials() {
        return "messages";
    }

    @Override
    public long fullSize() {
        return 1_000_000_000;
    }

    @Override
    public long shortSize() {
        return 20_000;
    }

    @Override
    public void run(Run run) throws Exception {
        String name = "chaos-integrity-" + ProcessHandle.current().pid();
        ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:" + name)
                .maxInboundMessageSize(EchoServer.MAX_MESSAGE_BYTES)
                .build();
        AtomicLong next = new AtomicLong(run.first());
        AtomicLong bytes = new AtomicLong();
        AtomicLong cancelled = new AtomicLong();
        try (Jvm server = Jvm.start(EchoServer.class, name)) {
            server.awaitLine(EchoServer.LISTENING);
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                callers.add(Thread.ofPlatform().daemon().start(() -> call(run, channel, next, bytes, cancelled)));
            }
            for (Thread caller : callers) {
                while (!caller.join(Duration.ofSeconds(1))) {
                    if (!server.isAlive()) {
                        run.fail("the server died: " + server.errors());
                        return;
                    }
                }
            }
        } finally {
            channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        run.fact(bytes.get() / (1 << 20) + " MiB each way");
        run.fact(cancelled.get() + " calls cancelled");
    }

    private void call(Run run, ManagedChannel channel, AtomicLong next, AtomicLong bytes, AtomicLong cancelled) {
        while (true) {
            long first = next.getAndAdd(STREAM_MESSAGES);
            if (first >= run.end()) {
                return;
            }
            Random random = run.random(first);
            try {
                switch (random.nextInt(4)) {
                    case 0 -> bytes.addAndGet(stream(run, channel, random, first));
                    case 1 -> {
                        cancel(channel, random, first);
                        cancelled.incrementAndGet();
                        bytes.addAndGet(unary(run, channel, random, first));
                    }
                    default -> bytes.addAndGet(unary(run, channel, random, first));
                }
            } catch (RuntimeException | AssertionError e) {
                run.fail("from message " + first + ": " + e);
            }
            run.done(Math.min(STREAM_MESSAGES, run.end() - first));
        }
    }

    /** Small ones mostly; one in two thousand up to the largest. */
    private static int size(Random random) {
        int kind = random.nextInt(2_000);
        if (kind == 0) {
            return random.nextInt(LARGEST_BYTES + 1);
        }
        return kind < 40 ? random.nextInt(LARGE_BYTES) : random.nextInt(random.nextInt(SMALL_BYTES) + 1);
    }

    private EchoRequest request(Random random, long sequence) {
        int size = size(random);
        int offset = random.nextInt(LARGEST_BYTES - size + 1);
        ByteString payload = source.substring(offset, offset + size);
        return EchoRequest.newBuilder()
                .setPayload(payload)
                .setChecksum(Payload.checksum(payload))
                .setSequence(sequence)
                .build();
    }

    private long unary(Run run, ManagedChannel channel, Random random, long first) {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
        long bytes = 0;
        for (int i = 0; i < STREAM_MESSAGES; i++) {
            EchoRequest request = request(random, first + i);
            if (request.getPayload().size() > LARGE_BYTES) {
                synchronized (largeTurn) {
                    check(run, request, stub.unary(request));
                }
            } else {
                check(run, request, stub.unary(request));
            }
            bytes += request.getPayload().size();
        }
        return bytes;
    }

    private long stream(Run run, ManagedChannel channel, Random random, long first) {
        StreamRecorder<EchoRequest, EchoReply> replies = new StreamRecorder<>();
        StreamObserver<EchoRequest> requests = EchoGrpc.newStub(channel).chat(replies);
        List<EchoRequest> sent = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < STREAM_MESSAGES; i++) {
            EchoRequest request = request(random, first + i);
            if (request.getPayload().size() > LARGE_BYTES) {
                request = Payload.request(LARGE_BYTES, first + i);
            }
            sent.add(request);
            requests.onNext(request);
            bytes += request.getPayload().size();
        }
        requests.onCompleted();
        for (EchoRequest request : sent) {
            check(run, request, replies.awaitValue());
        }
        Status end = replies.awaitEnd();
        if (!end.isOk()) {
            run.fail("a stream from message " + first + " ended " + end);
        }
        return bytes;
    }

    private void cancel(ManagedChannel channel, Random random, long first) {
        StreamRecorder<EchoRequest, EchoReply> replies = new StreamRecorder<>();
        StreamObserver<EchoRequest> requests = EchoGrpc.newStub(channel).chat(replies);
        for (int i = random.nextInt(8); i > 0; i--) {
            requests.onNext(Payload.request(random.nextInt(LARGE_BYTES), first));
        }
        replies.requests().cancel("as the campaign wants", null);
        replies.awaitEnd();
    }

    private static void check(Run run, EchoRequest request, EchoReply reply) {
        if (reply.getSequence() != request.getSequence()) {
            run.fail("message " + request.getSequence() + " was answered by " + reply.getSequence());
        } else if (!reply.getPayload().equals(request.getPayload()) || !Payload.isIntact(reply)) {
            run.fail("message " + request.getSequence() + " was changed");
        }
    }
}
