package dev.homeport.route.serve;

import dev.homeport.RoutePolicy;
import dev.homeport.call.CallLimits;
import dev.homeport.call.Dispatch;
import dev.homeport.call.MethodLookup;
import dev.homeport.call.ServerSettings.Observers;
import dev.homeport.spi.BodySettings;
import org.jspecify.annotations.Nullable;

/**
 * What a server does on the local route.
 *
 * @param policy REMOTE: nothing is published; LOCAL: the server does not start unless it can publish
 * @param refusal why nothing may be published, such as TLS; empty if it may
 * @param name of the connection port; null: derived from the TCP address
 * @param access who may call what
 * @param calls how calls are served
 * @param bodies which technique carries what
 * @param handshakeNanos for a set-up
 * @param takesOver whether a live server of this user hands its names over to this one
 */
public record ServerPlan(
        RoutePolicy policy,
        String refusal,
        @Nullable String name,
        AccessRules access,
        Calls calls,
        BodySettings bodies,
        long handshakeNanos,
        boolean takesOver) {

    /** One that takes over nothing. */
    public ServerPlan(
            RoutePolicy policy, String refusal, @Nullable String name, AccessRules access, Calls calls,
            BodySettings bodies, long handshakeNanos) {
        this(policy, refusal, name, access, calls, bodies, handshakeNanos, false);
    }

    /** How calls are served. */
    public record Calls(
            MethodLookup methods, Dispatch dispatch, CallLimits limits, Observers observers, ConnectionAge age) {}
}
