package dev.homeport.testkit.peer;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.Peer;
import dev.homeport.RoutePolicy;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server whose unary method does what the test says with the way back to its caller, and clients that serve
 * echoes. Used by the thread of one test.
 */
final class CallbackFixture implements AutoCloseable {
    /** What the server's unary method does. */
    interface Handler {
        EchoReply handle(EchoRequest request, Channel caller) throws Exception;
    }

    final BothRoutes routes;
    final RoutePolicy route;
    volatile Handler handler = (request, caller) -> EchoGrpc.newBlockingStub(caller).unary(request);

    CallbackFixture(RoutePolicy route) {
        this(route, builder -> {});
    }

    CallbackFixture(RoutePolicy route, Consumer<dev.homeport.HomeportServerBuilder> settings) {
        this.route = route;
        this.routes = new BothRoutes(builder -> settings.accept(builder.addService(new Calling())));
    }

    private final class Calling extends EchoService {
        @Override
        public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
            try {
                EchoReply answer = handler.handle(request, Peer.current().callbackChannel());
                reply.onNext(answer);
                reply.onCompleted();
            } catch (StatusRuntimeException e) {
                reply.onError(e);
            } catch (Exception e) {
                reply.onError(Status.INTERNAL.withDescription(String.valueOf(e)).withCause(e).asRuntimeException());
            }
        }
    }

    /** A channel whose client serves this. */
    ManagedChannel client(@Nullable EchoService callbacks) {
        return client(callbacks, builder -> {});
    }

    ManagedChannel client(@Nullable EchoService callbacks, Consumer<HomeportChannelBuilder> settings) {
        return routes.channel(route, builder -> {
            if (callbacks != null) {
                builder.addCallbackService(callbacks);
            }
            settings.accept(builder);
        });
    }

    static Status statusOf(Runnable call) {
        try {
            call.run();
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Override
    public void close() {
        routes.close();
    }
}
