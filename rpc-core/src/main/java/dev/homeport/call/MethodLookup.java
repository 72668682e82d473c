package dev.homeport.call;

import io.grpc.ServerMethodDefinition;
import org.jspecify.annotations.Nullable;

/** Finds what serves a method. Thread-safe; runs no user code but that of a fallback registry. */
@FunctionalInterface
public interface MethodLookup {
    /**
     * The method's definition with the server's interceptors applied, or null if nobody serves it.
     *
     * @param fullMethodName such as {@code package.Service/Method}
     * @param authority of the call, or null
     */
    @Nullable ServerMethodDefinition<?, ?> lookup(String fullMethodName, @Nullable String authority);
}
