package dev.homeport;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What gRPC's builders have and ours do not override would be lost, or throw: gRPC's defaults do. */
class BuilderOverridesTest {

    static List<Arguments> builders() {
        return List.of(
                Arguments.of(ManagedChannelBuilder.class, HomeportChannelBuilder.class),
                Arguments.of(ServerBuilder.class, HomeportServerBuilder.class));
    }

    @ParameterizedTest
    @MethodSource("builders")
    void everyMethodIsOverridden(Class<?> grpcs, Class<?> ours) {
        List<String> missing = new ArrayList<>();
        for (Method method : grpcs.getDeclaredMethods()) {
            int modifiers = method.getModifiers();
            boolean open = Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
            boolean fixed = Modifier.isStatic(modifiers) || Modifier.isFinal(modifiers) || method.isSynthetic();
            if (open && !fixed && !isOverridden(method, grpcs, ours)) {
                missing.add(method.toString());
            }
        }
        assertThat(missing).isEmpty();
    }

    private static boolean isOverridden(Method method, Class<?> grpcs, Class<?> ours) {
        for (Class<?> type = ours; type != grpcs; type = type.getSuperclass()) {
            try {
                type.getDeclaredMethod(method.getName(), method.getParameterTypes());
                return true;
            } catch (NoSuchMethodException e) {
                // Perhaps one of its super-classes.
            }
        }
        return false;
    }
}
