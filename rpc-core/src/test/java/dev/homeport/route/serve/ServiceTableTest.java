package dev.homeport.route.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServiceTableTest {
    private final List<String> order = new ArrayList<>();

    private ServerInterceptor named(String name) {
        return new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata headers, io.grpc.ServerCallHandler<Q, R> next) {
                order.add(name);
                return next.startCall(call, headers);
            }
        };
    }

    private ServerServiceDefinition service(String handlerName) {
        MethodDescriptor<byte[], byte[]> method = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
                .setFullMethodName("shop.Orders/Place")
                .setType(MethodDescriptor.MethodType.UNARY)
                .build();
        return ServerServiceDefinition.builder("shop.Orders")
                .addMethod(method, (call, headers) -> {
                    order.add(handlerName);
                    return new ServerCall.Listener<>() {};
                })
                .build();
    }

    private static <Q, R> void call(@Nullable ServerMethodDefinition<Q, R> method) {
        assertThat(method).isNotNull();
        method.getServerCallHandler().startCall(new NoCall<>(method.getMethodDescriptor()), new Metadata());
    }

    @Test
    void lastAddedInterceptorIsCalledFirst() {
        ServiceTable table = new ServiceTable(
                List.of(service("handler")), null,
                new ServiceTable.Wrapping(List.of(named("first"), named("last")), null));

        call(table.lookup("shop.Orders/Place", null));

        assertThat(order).containsExactly("last", "first", "handler");
    }

    @Test
    void fallbackIsAskedLastAndIntercepted() {
        HandlerRegistry fallback = new HandlerRegistry() {
            @Override
            public @Nullable ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
                return name.equals("shop.Orders/Place") ? service("fallback").getMethod(name) : null;
            }
        };
        ServiceTable.Wrapping wrapping = new ServiceTable.Wrapping(List.of(named("first")), null);

        call(new ServiceTable(List.of(), fallback, wrapping).lookup("shop.Orders/Place", null));
        call(new ServiceTable(List.of(service("handler")), fallback, wrapping).lookup("shop.Orders/Place", null));

        assertThat(order).containsExactly("first", "fallback", "first", "handler");
        assertThat(new ServiceTable(List.of(), fallback, wrapping).lookup("a/b", null)).isNull();
    }

    @Test
    void laterServiceOfTheSameNameServes() {
        ServiceTable table = new ServiceTable(
                List.of(service("old"), service("new")), null, new ServiceTable.Wrapping(List.of(), null));

        call(table.lookup("shop.Orders/Place", null));

        assertThat(order).containsExactly("new");
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            return new byte[0];
        }
    }

    private static final class NoCall<Q, R> extends ServerCall<Q, R> {
        private final MethodDescriptor<Q, R> method;

        NoCall(MethodDescriptor<Q, R> method) {
            this.method = method;
        }

        @Override
        public void request(int numMessages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(R message) {}

        @Override
        public void close(Status status, Metadata trailers) {}

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public MethodDescriptor<Q, R> getMethodDescriptor() {
            return method;
        }
    }
}
