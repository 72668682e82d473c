package dev.homeport.route;

import dev.homeport.call.CallLimits;
import dev.homeport.call.Dispatch;
import dev.homeport.call.MethodLookup;
import dev.homeport.call.ServerSettings;
import dev.homeport.call.ServerSettings.Observers;
import io.grpc.Attributes;
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
 * @param callbacks methods that the server may call back; null if there are none
 */
public record CallDefaults(
        @Nullable Executor executor,
        String userAgent,
        @Nullable String authority,
        CallLimits limits,
        Map<String, ?> serviceConfig,
        List<ClientTransportFilter> filters,
        List<ClientInterceptor> interceptors,
        @Nullable MethodLookup callbacks) {

    /** How callbacks are served on a connection; null if there are none. */
    public @Nullable ServerSettings callbackSettings(Attributes attributes) {
        if (callbacks == null) {
            return null;
        }
        CallLimits ofCallbacks =
                new CallLimits(limits.maxMessageBytes(), limits.maxMetadataBytes(), CallLimits.MAX_OPEN_CALLBACKS);
        return new ServerSettings(
                callbacks, new Dispatch(executor, null), ofCallbacks, Observers.NONE, attributes, null);
    }
}
