package dev.homeport.testkit.hostile;

import static dev.homeport.frame.FrameLayout.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.queue.Words;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.frames.Frames;
import dev.homeport.testkit.frames.RawClient;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The published cursor has passed a request before its handler is called: what lies beyond the cursor of a dead server
 * never ran, and may be sent to its successor.
 */
@Tag("lpc")
@Timeout(30)
class PublishedCursorTest {
    private static final int CALLS = 50;

    /** @param unread bytes of the client's queue beyond the server's cursor; {@code thread} that the handler is on */
    private record Seen(long unread, String thread) {}

    private final AtomicReference<RawClient> client = new AtomicReference<>();
    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();

    private final EchoGrpc.EchoImplBase looking = new EchoGrpc.EchoImplBase() {
        @Override
        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
            var endpoint = client.get().endpoint();
            long cursor = Words.getLongAcquire(endpoint.peer().segment(), OutboxLayout.CURSOR);
            long tail = Words.getLongAcquire(endpoint.own().segment(), OutboxLayout.TAIL);
            seen.add(new Seen(tail - cursor, Thread.currentThread().getName()));
            reply.onNext(Payload.reply(1, 1));
            reply.onCompleted();
        }
    };

    @Test
    void cursorPassesARequestBeforeItsHandlerIsCalled() throws Exception {
        Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(looking)
                .build()
                .start();
        try (RawClient raw = RawClient.connect(server.getPort())) {
            client.set(raw);
            raw.trySend(Frames.method(0, EchoGrpc.getUnaryMethod().getFullMethodName()));
            byte[] request = Payload.request(32, 1).toByteArray();
            boolean onReader = false;
            for (int call = 0; call < CALLS; call++) {
                raw.trySend(Frames.open(FLAG_MESSAGE | FLAG_HALF_CLOSE, call, 0, Frames.NOTHING, request,
                        request.length, NO_PARENT, NO_TIMEOUT));
                Seen one = Wait.take(seen);
                assertThat(one.unread).as("call %d on %s", call, one.thread).isZero();
                onReader |= one.thread.startsWith("homeport-reader");
                raw.read();
            }
            assertThat(onReader).as("some handlers ran on the thread that read their request").isTrue();
        } finally {
            server.shutdownNow().awaitTermination();
        }
    }
}
