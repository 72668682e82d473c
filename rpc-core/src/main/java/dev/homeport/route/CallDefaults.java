package dev.homeport.route;

import dev.homeport.call.CallLimits;
import io.grpc.ClientInterceptor;
import io.grpc.ClientTransportFilter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What a channel's builder was told that holds on the local route too.
 *
 * @param executor as {@code executor} named it; null: the reading thread
 * @param userAgent the whole value of the "user-agent" header
 * @param authority as {@code overrideAuthority} named it, or null
 * @param limits what the channel takes from its server
 * @param serviceConfig as {@code defaultServiceConfig} took it; may be empty
 * @param filters told when a local connection is ready and when it has ended
 * @param interceptors around calls of the local route alone
 */
public record CallDefaults(
        @Nullable Executor executor,
        String userAgent,
        @Nullable String authority,
        CallLimits limits,
        Map<String, ?> serviceConfig,
        List<ClientTransportFilter> filters,
        List<ClientInterceptor> interceptors) {}
