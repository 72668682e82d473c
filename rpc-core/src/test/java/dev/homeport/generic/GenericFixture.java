package dev.homeport.generic;

import dev.homeport.generic.proto.Order;
import dev.homeport.generic.proto.OrdersGrpc;
import dev.homeport.generic.proto.Receipt;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A server with orders and reflection, and a channel to it, by gRPC's in-process transport. */
final class GenericFixture implements AutoCloseable {
    final Server server;
    final ManagedChannel channel;

    GenericFixture(ServerServiceDefinition... services) throws IOException {
        String name = InProcessServerBuilder.generateName();
        InProcessServerBuilder builder = InProcessServerBuilder.forName(name)
                .addService(new OrderService())
                .addService(ProtoReflectionServiceV1.newInstance());
        for (ServerServiceDefinition service : services) {
            builder.addService(service);
        }
        server = builder.build().start();
        channel = InProcessChannelBuilder.forName(name).build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    static Status statusOf(ThrowingCallable call) {
        Throwable thrown = Assertions.catchThrowable(call);
        Assertions.assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
        return ((StatusRuntimeException) thrown).getStatus();
    }

    /** Says what it was told, as many times as there are items; a stream says so of each order. */
    static final class OrderService extends OrdersGrpc.OrdersImplBase {
        private static Receipt receiptOf(Order order) {
            return Receipt.newBuilder().setText("for " + order.getCustomer()).setNumber(order.getItemsCount()).build();
        }

        @Override
        public void place(Order order, StreamObserver<Receipt> reply) {
            if (order.getCustomer().equals("nobody")) {
                reply.onError(Status.NOT_FOUND.withDescription("no such customer").asRuntimeException());
                return;
            }
            reply.onNext(receiptOf(order));
            reply.onCompleted();
        }

        @Override
        public void watch(Order order, StreamObserver<Receipt> replies) {
            for (int i = 0; i < order.getItemsCount(); i++) {
                replies.onNext(receiptOf(order));
            }
            replies.onCompleted();
        }

        @Override
        public StreamObserver<Order> batch(StreamObserver<Receipt> reply) {
            return new Orders(reply, false);
        }

        @Override
        public StreamObserver<Order> chat(StreamObserver<Receipt> replies) {
            return new Orders(replies, true);
        }
    }

    private static final class Orders implements StreamObserver<Order> {
        private final StreamObserver<Receipt> replies;
        private final boolean each;
        private int count;

        Orders(StreamObserver<Receipt> replies, boolean each) {
            this.replies = replies;
            this.each = each;
        }

        @Override
        public void onNext(Order order) {
            count++;
            if (each) {
                replies.onNext(OrderService.receiptOf(order));
            }
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {
            if (!each) {
                replies.onNext(Receipt.newBuilder().setNumber(count).build());
            }
            replies.onCompleted();
        }
    }

    /** Keeps what comes; the end is one more entry. */
    static final class Heard<T> implements StreamObserver<T> {
        private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

        @Override
        public void onNext(T value) {
            events.add(value);
        }

        @Override
        public void onError(Throwable cause) {
            events.add(Status.fromThrowable(cause));
        }

        @Override
        public void onCompleted() {
            events.add(Status.OK);
        }

        Object next() throws InterruptedException {
            return events.poll(10, TimeUnit.SECONDS);
        }
    }
}
