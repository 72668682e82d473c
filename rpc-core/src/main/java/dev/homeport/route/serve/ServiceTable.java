package dev.homeport.route.serve;

import dev.homeport.call.MethodLookup;
import io.grpc.BinaryLog;
import io.grpc.HandlerRegistry;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The methods of a server with its interceptors around them, in gRPC's order: the last added is called
 * first, and the binary log is outside of all. Methods of the fallback registry are wrapped when they are
 * asked for. Immutable; any thread.
 */
public final class ServiceTable implements MethodLookup {

    /**
     * What stands around every method.
     *
     * @param interceptors in the order they were added
     */
    public record Wrapping(List<ServerInterceptor> interceptors, @Nullable BinaryLog binaryLog) {
        /** Nothing. */
        public static final Wrapping NONE = new Wrapping(List.of(), null);

        private <Q, R> ServerMethodDefinition<?, ?> around(ServerMethodDefinition<Q, R> method) {
            ServerCallHandler<Q, R> handler = method.getServerCallHandler();
            for (ServerInterceptor interceptor : interceptors) {
                ServerCallHandler<Q, R> next = handler;
                handler = (call, headers) -> interceptor.interceptCall(call, headers, next);
            }
            ServerMethodDefinition<Q, R> wrapped = method.withServerCallHandler(handler);
            return binaryLog == null ? wrapped : binaryLog.wrapMethodDefinition(wrapped);
        }
    }

    private final Map<String, ServerMethodDefinition<?, ?>> methods = new HashMap<>();
    private final @Nullable HandlerRegistry fallback;
    private final Wrapping wrapping;

    /** @param services of two with the same name, the later one serves */
    public ServiceTable(
            Collection<ServerServiceDefinition> services, @Nullable HandlerRegistry fallback, Wrapping wrapping) {
        this.fallback = fallback;
        this.wrapping = wrapping;
        Map<String, ServerServiceDefinition> byName = new LinkedHashMap<>();
        services.forEach(service -> byName.put(service.getServiceDescriptor().getName(), service));
        for (ServerServiceDefinition service : byName.values()) {
            for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
                methods.put(method.getMethodDescriptor().getFullMethodName(), wrapping.around(method));
            }
        }
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> registered(String fullMethodName) {
        return methods.get(fullMethodName);
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookup(String fullMethodName, @Nullable String authority) {
        ServerMethodDefinition<?, ?> known = methods.get(fullMethodName);
        if (known != null || fallback == null) {
            return known;
        }
        ServerMethodDefinition<?, ?> found = fallback.lookupMethod(fullMethodName, authority);
        return found == null ? null : wrapping.around(found);
    }
}
