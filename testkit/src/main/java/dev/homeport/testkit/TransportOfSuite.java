package dev.homeport.testkit;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives a topic a fresh transport, of the kind that the class around it says by {@link On}, even where it inherits it. */
final class TransportOfSuite implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == Transport.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        Class<?> suite = test.getRequiredTestInstances().getAllInstances().getFirst().getClass();
        On on = suite.getAnnotation(On.class);
        if (on == null) {
            throw new IllegalStateException(suite + " does not say by @On which transport");
        }
        try {
            return on.value().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no transport for " + suite, e);
        }
    }
}
