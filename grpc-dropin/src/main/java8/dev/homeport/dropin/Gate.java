package dev.homeport.dropin;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Lets the classes that need a new JVM in, by name and only there. Whatever is wrong with them means that
 * gRPC goes on as if Homeport were not there.
 */
final class Gate {
    private static final Logger LOG = Logger.getLogger("dev.homeport.route");
    private static final int OLDEST_FEATURE_VERSION = 25;

    private Gate() {}

    /** An instance of a class of ours, or null if this JVM cannot have it. */
    static <T> @Nullable T open(String className, Class<T> type) {
        if (featureVersion() < OLDEST_FEATURE_VERSION) {
            return null;
        }
        try {
            Class<?> found = Class.forName(className, true, Gate.class.getClassLoader());
            return type.cast(found.getDeclaredConstructor().newInstance());
        } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
            LOG.log(Level.WARNING, "Homeport stays out of the way: " + className + " cannot be used", e);
            return null;
        }
    }

    /** "1.8" and "25" are the two spellings that there are. */
    private static int featureVersion() {
        String version = System.getProperty("java.specification.version", "0");
        try {
            return version.startsWith("1.") ? 8 : Integer.parseInt(version);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
