package dev.homeport.route;

import io.grpc.ManagedChannel;
import org.jspecify.annotations.Nullable;

/**
 * Everything a {@link RoutedChannel} is made from.
 *
 * @param target as the program named it
 * @param remote the unchanged remote channel, idle; null for targets without TCP
 * @param configuration decides policies, names and times
 * @param security what the credentials allow
 * @param unprovable why the target's address cannot be proved to be this host's, such as a name resolver
 *     of the program's own; empty if it can. A configured name goes local all the same
 * @param calls what holds for every call
 * @param sections what the methods called so far say of the size of their messages
 * @param idleNanos after which a connection nobody uses is closed; {@link Long#MAX_VALUE}: never
 */
public record ChannelPlan(
        String target,
        @Nullable ManagedChannel remote,
        Configuration configuration,
        ChannelSecurity security,
        String unprovable,
        CallDefaults calls,
        SectionWishes sections,
        long idleNanos) {

    /** Authority of a channel without TCP where its name will not do. Never a path. */
    private static final String NO_AUTHORITY = "localhost";

    /** Where the server may be found, configured names first. */
    TargetAddress address() {
        PortName name = configuration.portName(target);
        if (name != null) {
            return new TargetAddress.ByName(name);
        }
        TargetAddress address = TargetAddress.parse(target);
        return address instanceof TargetAddress.ByTcp && !unprovable.isEmpty()
                ? new TargetAddress.Elsewhere(unprovable)
                : address;
    }

    /** Why no call may ever go local, or empty. */
    String neverLocal(LocalTransports transports, TargetAddress address) {
        if (!security.mayGoLocal() && !configuration.secureLocal()) {
            return security.refusal();
        }
        if (address instanceof TargetAddress.Elsewhere elsewhere) {
            return elsewhere.reason();
        }
        return transports.reason();
    }

    String authority() {
        if (remote != null) {
            return remote.authority();
        }
        if (calls.authority() != null) {
            return calls.authority();
        }
        return address() instanceof TargetAddress.ByName named ? named.port().name() : NO_AUTHORITY;
    }
}
