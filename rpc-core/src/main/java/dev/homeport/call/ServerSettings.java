package dev.homeport.call;

import io.grpc.Attributes;
import io.grpc.Server;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a server tells the engine of the calls it serves.
 *
 * @param methods finds handlers, interceptors applied
 * @param dispatch on which thread handlers run
 * @param limits what the server takes from its clients
 * @param observers tracers and transport filters, in the order they were added
 * @param attributes of every connection, the route among them; the engine adds the peer's
 * @param server for gRPC's reflection service, which finds it in the Context; null for callback services
 */
public record ServerSettings(
        MethodLookup methods,
        Dispatch dispatch,
        CallLimits limits,
        Observers observers,
        Attributes attributes,
        @Nullable Server server) {

    /** Those who watch calls and connections. */
    public record Observers(List<ServerStreamTracer.Factory> tracers, List<ServerTransportFilter> filters) {
        public static final Observers NONE = new Observers(List.of(), List.of());
    }
}
