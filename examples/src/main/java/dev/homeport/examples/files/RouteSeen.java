package dev.homeport.examples.files;

import dev.homeport.Route;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;

/** Remembers the way that the last answered call went, by the attributes of the call. Thread-safe. */
final class RouteSeen implements ClientInterceptor {
    private volatile String route = "none yet";

    /** The way of the last call that was answered. */
    String route() {
        return route;
    }

    /** What the attributes of a call tell of its way: without Homeport's jars, the peer's address. */
    static String describe(Attributes attributes) {
        Route route = attributes.get(Route.ATTRIBUTE);
        if (route != null) {
            return route.toString();
        }
        Object address = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        return address == null ? "unknown" : address.toString();
    }

    @Override
    public <Q, P> ClientCall<Q, P> interceptCall(MethodDescriptor<Q, P> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<P> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onHeaders(Metadata received) {
                                route = describe(getAttributes());
                                super.onHeaders(received);
                            }
                        },
                        headers);
            }
        };
    }
}
