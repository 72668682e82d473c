package dev.homeport.route.serve;

import dev.homeport.AccessRule;
import dev.homeport.Peer;
import dev.homeport.spi.LocalTransport.PublishRequest;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who may call what on one server. The narrowest rule decides: that of the method, else of its service, else of
 * the server. Where none is set the local route serves the server's own user, root and the users that may connect,
 * and TCP serves everybody. Immutable.
 */
public final class AccessRules {
    private static final Status REFUSED = Status.PERMISSION_DENIED.withDescription("not allowed");

    private final int ownUid;
    private final AccessRule otherwise;
    /** By full method name, service name, and under "" that of the server. */
    private final Map<String, AccessRule> rules;

    private AccessRules(int ownUid, AccessRule otherwise, Map<String, AccessRule> rules) {
        this.ownUid = ownUid;
        this.otherwise = otherwise;
        this.rules = Map.copyOf(rules);
    }

    /**
     * @param ownUid of this process
     * @param connecting users that may connect and call what no rule is set for
     * @param rules by full method name, service name, and under "" that of the server
     */
    public static AccessRules of(int ownUid, List<Integer> connecting, Map<String, AccessRule> rules) {
        AccessRule otherwise = AccessRule.sameUser();
        for (int uid : connecting) {
            otherwise = otherwise.or(AccessRule.user(uid));
        }
        return new AccessRules(ownUid, otherwise, new HashMap<>(rules));
    }

    /** Whether calls need not be looked at: whoever may connect may call everything. */
    public boolean areNone() {
        return rules.isEmpty();
    }

    /** The rule of a method; null if there is none, which TCP serves and the local route for its default. */
    private @Nullable AccessRule ruleOf(String method) {
        AccessRule ofMethod = rules.get(method);
        if (ofMethod != null) {
            return ofMethod;
        }
        int slash = method.lastIndexOf('/');
        AccessRule ofService = slash < 0 ? null : rules.get(method.substring(0, slash));
        return ofService != null ? ofService : rules.get("");
    }

    boolean allows(String method, Peer peer) {
        AccessRule rule = ruleOf(method);
        if (rule == null) {
            return !peer.isIdentified() || otherwise.allows(peer, ownUid);
        }
        return rule.allows(peer, ownUid);
    }

    /** Whom the port must let connect, beside the server's own user and root. */
    List<Integer> connectingUids() {
        Set<Integer> uids = new HashSet<>();
        forEach(rule -> {
            uids.addAll(rule.uids());
            if (rule.allowsAnyLocalUser()) {
                uids.add(PublishRequest.ANY_UID);
            }
        });
        return List.copyOf(uids);
    }

    /** Whose members the port must let connect. */
    List<Integer> connectingGids() {
        Set<Integer> gids = new HashSet<>();
        forEach(rule -> gids.addAll(rule.gids()));
        return List.copyOf(gids);
    }

    private void forEach(Consumer<AccessRule> action) {
        List<AccessRule> all = new ArrayList<>(rules.values());
        if (!rules.containsKey("")) {
            all.add(otherwise);
        }
        all.forEach(action);
    }

    /** Ends a call that no handler will see; the caller learns nothing but that. */
    static <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, @Nullable Peer peer) {
        RefusalLog.INSTANCE.add(call.getMethodDescriptor().getFullMethodName(), peer);
        call.close(REFUSED, new Metadata());
        return new ServerCall.Listener<>() {};
    }
}
