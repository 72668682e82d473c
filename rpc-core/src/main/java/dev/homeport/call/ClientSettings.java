package dev.homeport.call;

import io.grpc.Attributes;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What a channel tells the engine of the calls it starts.
 *
 * @param authority of calls whose options name none
 * @param executor runs listeners of calls whose options name none; null: the reading thread
 * @param limits what the client takes from the server
 * @param attributes of every call, the route among them; the engine adds the peer's
 */
public record ClientSettings(
        String authority, @Nullable Executor executor, CallLimits limits, Attributes attributes) {}
