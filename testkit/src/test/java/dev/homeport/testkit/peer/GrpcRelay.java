package dev.homeport.testkit.peer;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToIntFunction;

/**
 * A proxy of gRPC that knows no method: it passes calls on, messages as bytes, each call on a connection of its own.
 * To which server is asked for each call.
 */
final class GrpcRelay implements AutoCloseable {
    final Server server;
    private final List<ManagedChannel> onward = new CopyOnWriteArrayList<>();

    /** @param portOf the server of a call, by its full method name */
    GrpcRelay(ToIntFunction<String> portOf) {
        try {
            server = NettyServerBuilder.forPort(0, InsecureServerCredentials.create())
                    .fallbackHandlerRegistry(new HandlerRegistry() {
                        @Override
                        public ServerMethodDefinition<?, ?> lookupMethod(String method, String authority) {
                            return ServerMethodDefinition.create(descriptor(method), passOn(portOf.applyAsInt(method)));
                        }
                    })
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MethodDescriptor<byte[], byte[]> descriptor(String method) {
        return MethodDescriptor.newBuilder(new Raw(), new Raw())
                .setFullMethodName(method)
                .setType(MethodDescriptor.MethodType.UNKNOWN)
                .build();
    }

    private ServerCallHandler<byte[], byte[]> passOn(int port) {
        return (in, headers) -> {
            ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", port).usePlaintext().build();
            onward.add(channel);
            ClientCall<byte[], byte[]> out =
                    channel.newCall(descriptor(in.getMethodDescriptor().getFullMethodName()), CallOptions.DEFAULT);
            out.start(new Backward(in, channel), headers);
            // Without flow control, which is no part of what is tested by it.
            out.request(Integer.MAX_VALUE);
            in.request(Integer.MAX_VALUE);
            return new Forward(out);
        };
    }

    private static final class Forward extends ServerCall.Listener<byte[]> {
        private final ClientCall<byte[], byte[]> out;

        Forward(ClientCall<byte[], byte[]> out) {
            this.out = out;
        }

        @Override
        public void onMessage(byte[] message) {
            out.sendMessage(message);
        }

        @Override
        public void onHalfClose() {
            out.halfClose();
        }

        @Override
        public void onCancel() {
            out.cancel("the client cancelled", null);
        }
    }

    private static final class Backward extends ClientCall.Listener<byte[]> {
        private final ServerCall<byte[], byte[]> in;
        private final ManagedChannel channel;

        Backward(ServerCall<byte[], byte[]> in, ManagedChannel channel) {
            this.in = in;
            this.channel = channel;
        }

        @Override
        public void onHeaders(Metadata received) {
            in.sendHeaders(received);
        }

        @Override
        public void onMessage(byte[] message) {
            in.sendMessage(message);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            in.close(status, trailers);
            channel.shutdown();
        }
    }

    private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        server.shutdownNow();
        onward.forEach(ManagedChannel::shutdownNow);
    }
}
