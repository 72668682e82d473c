package dev.homeport.route;

import dev.homeport.RoutePolicy;
import io.grpc.MethodDescriptor;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The policies of one channel: of its target, and of services that have their own. Any thread. */
final class RoutePolicies {
    private final Configuration configuration;
    private final String target;
    private final RoutePolicy ofTarget;
    /** Null if no service differs. Grows with the services this program calls, so it needs no bound. */
    private final @Nullable Map<String, RoutePolicy> ofServices;

    RoutePolicies(Configuration configuration, String target) {
        this.configuration = configuration;
        this.target = target;
        this.ofTarget = configuration.policy(target);
        this.ofServices = configuration.mayDifferByService() ? new ConcurrentHashMap<>() : null;
    }

    /** Whether every call that has a local connection may take it without asking further. */
    boolean everyCallMayGoLocal() {
        return ofServices == null && ofTarget != RoutePolicy.REMOTE;
    }

    RoutePolicy ofTarget() {
        return ofTarget;
    }

    RoutePolicy of(MethodDescriptor<?, ?> method) {
        String service = method.getServiceName();
        if (ofServices == null || service == null) {
            return ofTarget;
        }
        return ofServices.computeIfAbsent(service, name -> configuration.policy(target, name));
    }
}
