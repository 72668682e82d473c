package dev.homeport.examples.files;

import dev.homeport.Route;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.Technique;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the way that the last answered call went, and which technique carried what on it, by the attributes of
 * the call. Thread-safe.
 */
final class RouteSeen implements ClientInterceptor {
    private volatile String route = "none yet";
    private volatile @Nullable BodyCounters bodies;

    /** The way of the last call that was answered. */
    String route() {
        return route;
    }

    /** How the messages that came back travelled, by their size; empty where that is not counted. */
    String carried() {
        BodyCounters counted = bodies;
        if (counted == null) {
            return "";
        }
        return Arrays.stream(Technique.values())
                .filter(technique -> counted.received(technique).messages() > 0)
                .map(technique -> describe(technique, counted.received(technique)))
                .collect(Collectors.joining(", "));
    }

    private static String describe(Technique technique, BodyCounters.Count count) {
        return String.format(Locale.ROOT, "%,d by %s of %,d bytes on average",
                count.messages(), technique.name().toLowerCase(Locale.ROOT), count.bytes() / count.messages());
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
                                bodies = getAttributes().get(BodyCounters.ATTRIBUTE);
                                super.onHeaders(received);
                            }
                        },
                        headers);
            }
        };
    }
}
