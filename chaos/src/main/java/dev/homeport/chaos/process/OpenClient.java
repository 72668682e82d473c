package dev.homeport.chaos.process;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * {@code OpenClient <name>}: has calls of each kind open until it is killed. Says so once a later call was answered; on a
 * crowded machine that one may overtake those begun before there was a connection. A line makes it call without end; at
 * the end of its input it ends.
 */
public final class OpenClient {
    /** The line that says so. */
    public static final String OPEN = "open";
    /** The line that makes it call. */
    public static final String CALL = "call";
    /** Calls that stay open. */
    public static final int CALLS = 4;

    /** Delay of the unary ones. */
    public static final int FOREVER_MILLIS = 600_000;

    private OpenClient() {}

    /** Calls. */
    public static void main(String[] arguments) throws IOException {
        ManagedChannel channel = HomeportChannelBuilder.forTarget("lpc:" + arguments[0]).build();
        EchoGrpc.EchoStub stub = EchoGrpc.newStub(channel);
        StreamObserver<EchoReply> ignore = new StreamObserver<>() {
            @Override
            public void onNext(EchoReply value) {}

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onCompleted() {}
        };
        for (int i = 1; i < CALLS; i++) {
            stub.unary(EchoRequest.newBuilder().setDelayMillis(FOREVER_MILLIS).setSequence(i).build(), ignore);
        }
        stub.chat(ignore).onNext(Payload.request(10, 0));
        EchoGrpc.EchoBlockingStub blocking = EchoGrpc.newBlockingStub(channel);
        blocking.unary(Payload.request(20_000, 1));
        System.out.println(OPEN);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (!CALL.equals(lines.readLine())) {
            channel.shutdownNow();
            return;
        }
        for (long i = 0; ; i++) {
            blocking.unary(Payload.request((int) (i * 997 % 9_000), i));
        }
    }
}
