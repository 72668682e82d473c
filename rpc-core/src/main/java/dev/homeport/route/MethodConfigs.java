package dev.homeport.route;

import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the default service config of a channel says of its methods, as far as it matters on the local
 * route: time-outs, wait-for-ready, message sizes. Retries, hedging and load balancing belong to the remote
 * channel, which reads the same config itself. Immutable.
 */
final class MethodConfigs {

    /** @param timeoutNanos of a call, or null; the others likewise */
    private record MethodConfig(
            @Nullable Long timeoutNanos,
            @Nullable Boolean waitForReady,
            @Nullable Integer maxRequestBytes,
            @Nullable Integer maxResponseBytes) {

        CallOptions apply(CallOptions options) {
            CallOptions applied = options;
            if (timeoutNanos != null) {
                Deadline deadline = Deadline.after(timeoutNanos, TimeUnit.NANOSECONDS);
                Deadline own = options.getDeadline();
                applied = own == null || deadline.isBefore(own) ? applied.withDeadline(deadline) : applied;
            }
            if (waitForReady != null) {
                applied = waitForReady ? applied.withWaitForReady() : applied.withoutWaitForReady();
            }
            if (maxRequestBytes != null) {
                applied = applied.withMaxOutboundMessageSize(
                        smaller(options.getMaxOutboundMessageSize(), maxRequestBytes));
            }
            if (maxResponseBytes != null) {
                applied = applied.withMaxInboundMessageSize(
                        smaller(options.getMaxInboundMessageSize(), maxResponseBytes));
            }
            return applied;
        }

        private static int smaller(@Nullable Integer own, int configured) {
            return own == null ? configured : Math.min(own, configured);
        }
    }

    /** By full method name, by service name, and under "" the default. */
    private final Map<String, MethodConfig> configs = new HashMap<>();

    private MethodConfigs() {}

    /**
     * @param serviceConfig as {@code ManagedChannelBuilder.defaultServiceConfig} takes it
     * @return null if it says nothing of methods
     */
    static @Nullable MethodConfigs of(Map<String, ?> serviceConfig) {
        if (!(serviceConfig.get("methodConfig") instanceof List<?> list)) {
            return null;
        }
        MethodConfigs all = new MethodConfigs();
        for (Object entry : list) {
            if (entry instanceof Map<?, ?> map && map.get("name") instanceof List<?> names) {
                MethodConfig config = parse(map);
                names.forEach(name -> all.add(name, config));
            }
        }
        return all.configs.isEmpty() ? null : all;
    }

    private void add(Object name, MethodConfig config) {
        if (name instanceof Map<?, ?> map) {
            String service = map.get("service") instanceof String text ? text : "";
            boolean whole = !(map.get("method") instanceof String method) || method.isEmpty();
            configs.put(whole ? service : service + "/" + map.get("method"), config);
        }
    }

    private static MethodConfig parse(Map<?, ?> map) {
        return new MethodConfig(
                map.get("timeout") instanceof String text ? parseDuration(text) : null,
                map.get("waitForReady") instanceof Boolean wait ? wait : null,
                map.get("maxRequestMessageBytes") instanceof Number bytes ? bytes.intValue() : null,
                map.get("maxResponseMessageBytes") instanceof Number bytes ? bytes.intValue() : null);
    }

    /** Seconds with up to nine digits after the point and an "s", as protobuf writes durations in JSON. */
    private static @Nullable Long parseDuration(String text) {
        if (!text.endsWith("s")) {
            return null;
        }
        try {
            BigDecimal seconds = new BigDecimal(text.substring(0, text.length() - 1));
            return seconds.movePointRight(9).longValue();
        } catch (NumberFormatException e) {
            // The remote builder refuses such a config; here it only means that there is no time-out.
            return null;
        }
    }

    CallOptions apply(MethodDescriptor<?, ?> method, CallOptions options) {
        MethodConfig config = configs.get(method.getFullMethodName());
        if (config == null) {
            String service = method.getServiceName();
            config = service == null ? null : configs.get(service);
        }
        if (config == null) {
            config = configs.get("");
        }
        return config == null ? options : config.apply(options);
    }
}
