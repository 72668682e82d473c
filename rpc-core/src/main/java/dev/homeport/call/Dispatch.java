package dev.homeport.call;

import io.grpc.ServerCallExecutorSupplier;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * On which thread a server's handlers run.
 *
 * @param executor as {@code ServerBuilder.executor} named it; null: the thread that read the request,
 *     which others relieve when the handler is slow
 * @param callExecutor as {@code ServerBuilder.callExecutor} named it, or null; asked first
 */
public record Dispatch(@Nullable Executor executor, @Nullable ServerCallExecutorSupplier callExecutor) {
    /** Handlers run on the thread that read the request. {@code directExecutor()} means the same. */
    public static final Dispatch ON_READER = new Dispatch(null, null);
}
