package dev.homeport.route;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A call that writes down what is done to it, and ends when a test says so. */
final class FakeCall extends ClientCall<byte[], byte[]> {
    static final MethodDescriptor<byte[], byte[]> METHOD = method("shop.Orders/Place");

    final List<String> log = new CopyOnWriteArrayList<>();
    final CallOptions options;
    volatile boolean ready = true;
    volatile @Nullable Listener<byte[]> listener;
    volatile @Nullable Metadata headers;

    FakeCall(CallOptions options) {
        this.options = options;
    }

    static MethodDescriptor<byte[], byte[]> method(String name) {
        return MethodDescriptor.newBuilder(new BytesMarshaller(), new BytesMarshaller())
                .setFullMethodName(name)
                .setType(MethodDescriptor.MethodType.UNARY)
                .build();
    }

    void close(Status status) {
        Listener<byte[]> told = listener;
        if (told != null) {
            told.onClose(status, new Metadata());
        }
    }

    @Override
    public void start(Listener<byte[]> listener, Metadata headers) {
        this.listener = listener;
        this.headers = headers;
        log.add("start");
    }

    @Override
    public void request(int numMessages) {
        log.add("request " + numMessages);
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
        log.add("cancel " + message);
    }

    @Override
    public void halfClose() {
        log.add("halfClose");
    }

    @Override
    public void sendMessage(byte[] message) {
        log.add("message " + message.length);
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public Attributes getAttributes() {
        return Attributes.EMPTY;
    }

    private static final class BytesMarshaller implements MethodDescriptor.Marshaller<byte[]> {
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
