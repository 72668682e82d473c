package dev.homeport.call;

import io.grpc.ServerMethodDefinition;
import org.jspecify.annotations.Nullable;

/** Finds what serves a method. Thread-safe. Definitions come with the server's interceptors applied. */
@FunctionalInterface
public interface MethodLookup {
    /**
     * The method's definition, or null if nobody serves it. May run the code of a fallback registry.
     *
     * @param fullMethodName such as {@code package.Service/Method}
     * @param authority of the call, or null
     */
    @Nullable ServerMethodDefinition<?, ?> lookup(String fullMethodName, @Nullable String authority);

    /**
     * The method's definition if it is registered for as long as the server lives: it may be remembered.
     * Runs no user code.
     */
    default @Nullable ServerMethodDefinition<?, ?> registered(String fullMethodName) {
        return null;
    }
}
