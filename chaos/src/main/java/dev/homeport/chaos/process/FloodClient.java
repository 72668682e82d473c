package dev.homeport.chaos.process;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A client without manners. {@code FloodClient <name> cancel <count>}: opens and cancels so many calls as fast as it can.
 * {@code FloodClient <name> hold <count>}: opens so many that never end, and goes on trying to open more until its input
 * ends. {@code FloodClient <name> fill <count>}: opens so many streams of replies that it does not read, all at once.
 */
public final class FloodClient {
    /** The line that says that the flood is over, or at its height. */
    public static final String DONE = "done";

    /** Calls whose end has not come back: the flood is the server's, not the client's own heap's. */
    private static final int OUTSTANDING = 1_000;

    /** Messages that a call asks for, twice what its window takes. */
    private static final int FILL_MESSAGES = 100;
    private static final int FILL_BYTES = 20_000;
    private static final int FILL_SECONDS = 30;

    private final ManagedChannel channel;
    private final Semaphore outstanding = new Semaphore(OUTSTANDING);
    private final AtomicLong refused = new AtomicLong();

    private FloodClient(String name) {
        channel = HomeportChannelBuilder.forTarget("lpc:" + name).build();
    }

    /** Floods. */
    public static void main(String[] arguments) throws Exception {
        FloodClient client = new FloodClient(arguments[0]);
        long count = Long.parseLong(arguments[2]);
        if (arguments[1].equals("cancel")) {
            client.cancel(count);
            System.out.println(DONE);
        } else if (arguments[1].equals("fill")) {
            client.fill(count);
        } else {
            client.hold(count);
        }
        client.channel.shutdownNow();
        System.exit(0);
    }

    private void cancel(long count) throws InterruptedException {
        for (long i = 0; i < count; i++) {
            outstanding.acquire();
            start(new ClientCall.Listener<>() {
                @Override
                public void onClose(Status status, Metadata trailers) {
                    outstanding.release();
                }
            }).cancel("flood", null);
        }
        outstanding.acquire(OUTSTANDING);
    }

    private void hold(long count) throws Exception {
        boolean told = false;
        for (long i = 0; ; i++) {
            if (i > count) {
                outstanding.acquire();
            }
            if (!told && (i == count || refused.get() > 0)) {
                told = true;
                System.out.println(DONE);
            }
            if (told && System.in.available() > 0) {
                System.out.println("refused " + refused.get());
                return;
            }
            boolean counted = i > count;
            start(new ClientCall.Listener<>() {
                @Override
                public void onClose(Status status, Metadata trailers) {
                    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                        refused.incrementAndGet();
                    }
                    if (counted) {
                        outstanding.release();
                    }
                }
            });
        }
    }

    /**
     * Asks for long replies and takes none: they wait at the server, in the window of their call and behind it. Is told of
     * those that were refused once it takes what came.
     */
    private void fill(long count) throws Exception {
        List<ClientCall<EchoRequest, EchoReply>> calls = new ArrayList<>();
        Semaphore ended = new Semaphore(0);
        for (long i = 0; i < count; i++) {
            ClientCall<EchoRequest, EchoReply> call = channel.newCall(EchoGrpc.getChatMethod(), CallOptions.DEFAULT);
            calls.add(call);
            call.start(new ClientCall.Listener<>() {
                @Override
                public void onClose(Status status, Metadata trailers) {
                    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                        refused.incrementAndGet();
                    }
                    ended.release();
                }
            }, new Metadata());
            for (int message = 0; message < FILL_MESSAGES; message++) {
                call.sendMessage(EchoRequest.newBuilder().setReplyBytes(FILL_BYTES).setSequence(message).build());
            }
        }
        System.out.println(DONE);
        if (System.in.read() < 0) {
            return;
        }
        calls.forEach(call -> {
            call.request(Integer.MAX_VALUE);
            call.halfClose();
        });
        ended.tryAcquire((int) count, FILL_SECONDS, TimeUnit.SECONDS);
        System.out.println("refused " + refused.get());
    }

    /** A stream, for which the server holds no more than the stream. */
    private ClientCall<EchoRequest, EchoReply> start(ClientCall.Listener<EchoReply> listener) {
        ClientCall<EchoRequest, EchoReply> call = channel.newCall(EchoGrpc.getChatMethod(), CallOptions.DEFAULT);
        call.start(listener, new Metadata());
        call.request(1);
        return call;
    }
}
