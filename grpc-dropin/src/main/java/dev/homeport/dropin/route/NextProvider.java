package dev.homeport.dropin.route;

import io.grpc.ManagedChannelProvider;
import io.grpc.ServerProvider;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/**
 * The provider that would win without ours, for builders without credentials: gRPC asks the first provider
 * only for those, so there is no stepping aside. Loaded anew, by gRPC's own rule: available, highest
 * priority, first found.
 */
final class NextProvider {
    private NextProvider() {}

    static ManagedChannelProvider ofChannels() {
        return first(ManagedChannelProvider.class);
    }

    static ServerProvider ofServers() {
        return first(ServerProvider.class);
    }

    private static <P> P first(Class<P> type) {
        List<P> others = new ArrayList<>();
        for (P provider : ServiceLoader.load(type, type.getClassLoader())) {
            if (!provider.getClass().getName().startsWith("dev.homeport.") && isAvailable(type, provider)) {
                others.add(provider);
            }
        }
        return others.stream()
                .max(Comparator.comparingInt(provider -> (Integer) ask(type, "priority", provider)))
                .orElseThrow(() -> new IllegalStateException("no other " + type.getSimpleName() + " among the jars"));
    }

    private static <P> boolean isAvailable(Class<P> type, P provider) {
        return (Boolean) ask(type, "isAvailable", provider);
    }

    /** The two methods are protected, and gRPC's own accessors leave the priority out. */
    private static <P> Object ask(Class<P> type, String method, P provider) {
        try {
            Method declared = type.getDeclaredMethod(method);
            declared.setAccessible(true);
            return declared.invoke(provider);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot ask " + provider.getClass().getName() + " for " + method, e);
        }
    }
}
