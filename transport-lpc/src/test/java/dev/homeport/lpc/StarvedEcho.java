package dev.homeport.lpc;

import com.google.protobuf.BytesValue;
import com.google.protobuf.ByteString;
import dev.homeport.call.Connection;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.Technique;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.InternalClientCalls;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One side of a connection in a process that a test takes memory from while it runs: {@code StarvedEcho server|client
 * NAME DIRECT_FROM}. It does what each line of its input says, and answers each with one line: {@code up BYTES} and
 * {@code down BYTES} make a call whose request or reply has so many, {@code tell} tells how bodies travelled and what
 * the process holds.
 */
final class StarvedEcho {
    /** Queue-sized calls that load the classes which a starved process could not. */
    private static final int WARM_UP_CALLS = 500;

    private StarvedEcho() {}

    public static void main(String[] arguments) throws Exception {
        String name = arguments[1];
        int directFrom = Integer.parseInt(arguments[2]);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (arguments[0].equals("server")) {
            AtomicReference<Connection> accepted = new AtomicReference<>();
            try (Publication published = Echo.publish(name, Echo.settings(directFrom), accepted)) {
                System.out.println("ready " + published.names());
                obey(input, accepted, null);
            }
        } else {
            Connection connection = Echo.connect(name, Echo.settings(directFrom));
            Channel channel = Echo.channelOn(connection);
            warmUp(channel);
            System.out.println("ready");
            obey(input, new AtomicReference<>(connection), channel);
            connection.shutdownNow(Status.CANCELLED);
        }
    }

    private static void obey(
            BufferedReader input, AtomicReference<Connection> connection, @org.jspecify.annotations.Nullable Channel channel)
            throws Exception {
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split(" ");
            System.out.println(switch (words[0]) {
                case "up" -> up(channel, Integer.parseInt(words[1]));
                case "down" -> down(channel, Integer.parseInt(words[1]));
                default -> told(connection.get().port().bodies());
            });
        }
    }

    static void warmUp(Channel channel) {
        for (int i = 0; i < WARM_UP_CALLS; i++) {
            up(channel, 100);
            down(channel, 100);
        }
    }

    /** Whether the reply is the request, which has so many bytes. */
    static String up(Channel channel, int bytes) {
        BytesValue request = Echo.message(bytes, bytes);
        return call(channel, Echo.UNARY, request).equals(request) ? "ok" : "changed";
    }

    /** Whether the reply is what was asked for, which has so many bytes. */
    static String down(Channel channel, int bytes) {
        BytesValue request = BytesValue.of(ByteString.copyFrom(ByteBuffer.allocate(4).putInt(bytes).flip()));
        return call(channel, Echo.DOWN, request).equals(Echo.message(bytes, 7)) ? "ok" : "changed";
    }

    private static BytesValue call(
            Channel channel, MethodDescriptor<BytesValue, BytesValue> method, BytesValue request) {
        return ClientCalls.blockingUnaryCall(
                channel,
                method,
                InternalClientCalls.setStubType(CallOptions.DEFAULT, InternalClientCalls.StubType.BLOCKING),
                request);
    }

    static String told(BodyCounters bodies) {
        return "sections=" + bodies.sent(Technique.SECTION).messages()
                + " direct=" + bodies.sent(Technique.DIRECT).messages()
                + " fragments=" + bodies.sent(Technique.FRAGMENTS).messages()
                + " sectionDeclined=" + bodies.declined(Technique.SECTION)
                + " directDeclined=" + bodies.declined(Technique.DIRECT)
                + " last=" + bodies.lastDecline(Technique.SECTION)
                + " " + OpenThings.now();
    }
}
