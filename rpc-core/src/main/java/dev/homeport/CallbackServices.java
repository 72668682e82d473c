package dev.homeport;

import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Services of a client that the server it calls may call back, for programs whose channels are built by gRPC's own
 * builders: {@code Grpc.newChannelBuilder(...).intercept(CallbackServices.of(service))}. With Homeport's drop-in
 * among the jars its builder takes the services out and the interceptor away, as if
 * {@link HomeportChannelBuilder#addCallbackService} had been called.
 *
 * <p>It is an interceptor because every builder of gRPC takes one, and takes it before the channel connects: what a
 * client serves is agreed when a connection is set up, and the options of a call would come too late for that.
 * Outside of Homeport's builder it does nothing but log so once; the server's callbacks then fail
 * FAILED_PRECONDITION.
 */
public final class CallbackServices implements ClientInterceptor {
    private static final Logger LOG = Logger.getLogger("dev.homeport.callback");

    private final List<ServerServiceDefinition> services;
    private final AtomicBoolean warned = new AtomicBoolean();

    private CallbackServices(List<ServerServiceDefinition> services) {
        this.services = services;
    }

    public static CallbackServices of(BindableService... services) {
        return new CallbackServices(
                Arrays.stream(services).map(BindableService::bindService).toList());
    }

    public static CallbackServices of(ServerServiceDefinition... services) {
        return new CallbackServices(List.of(services));
    }

    List<ServerServiceDefinition> services() {
        return services;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        if (warned.compareAndSet(false, true)) {
            LOG.log(Level.WARNING, "callback services have no effect: they must be given to a channel builder of"
                    + " Homeport, or to gRPC's with the drop-in among the jars");
        }
        return next.newCall(method, options);
    }
}
