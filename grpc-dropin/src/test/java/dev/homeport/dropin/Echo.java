package dev.homeport.dropin;

import dev.homeport.Route;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A service without generated code: gives the bytes back. */
final class Echo {
    static final MethodDescriptor<byte[], byte[]> METHOD = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setFullMethodName("test.Echo/Echo")
            .setType(MethodDescriptor.MethodType.UNARY)
            .build();

    /** The route that the last call came by, as its handler saw it. */
    final AtomicReference<@Nullable Route> route = new AtomicReference<>();

    ServerServiceDefinition service() {
        ServerCallHandler<byte[], byte[]> echo = ServerCalls.asyncUnaryCall((request, observer) -> {
            observer.onNext(request);
            observer.onCompleted();
        });
        return ServerServiceDefinition.builder("test.Echo")
                .addMethod(METHOD, (call, headers) -> {
                    remember(call);
                    return echo.startCall(call, headers);
                })
                .build();
    }

    private void remember(ServerCall<?, ?> call) {
        route.set(call.getAttributes().get(Route.ATTRIBUTE));
    }

    static byte[] call(Channel channel, byte[] request) {
        return ClientCalls.blockingUnaryCall(channel, METHOD, CallOptions.DEFAULT, request);
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
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
}
