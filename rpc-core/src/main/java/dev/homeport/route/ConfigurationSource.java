package dev.homeport.route;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One place that settings come from.
 *
 * @param name for messages
 * @param strict whether a value that means nothing is an error of the program, and thrown; otherwise it is
 *     logged and passed over, because a program must not break by its surroundings
 * @param settings value of a key, or null
 * @param keys every key it has, as the source spells them
 */
record ConfigurationSource(String name, boolean strict, Lookup settings, Supplier<Set<String>> keys) {

    /** Finds the value of a key. */
    @FunctionalInterface
    interface Lookup {
        @Nullable String get(String key);
    }

    static ConfigurationSource builder(Map<String, String> settings) {
        Map<String, String> copy = Map.copyOf(settings);
        return new ConfigurationSource("builder", true, copy::get, copy::keySet);
    }

    static ConfigurationSource systemProperties() {
        return new ConfigurationSource(
                "system property", false, System::getProperty, () -> System.getProperties().stringPropertyNames());
    }

    static ConfigurationSource environment(Map<String, String> environment) {
        return new ConfigurationSource(
                "environment", false, key -> environment.get(environmentName(key)), environment::keySet);
    }

    /** {@code homeport.route.dns:///orders:443} becomes {@code HOMEPORT_ROUTE_DNS____ORDERS_443}. */
    static String environmentName(String key) {
        return key.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }

    /** Whether it says anything under keys that go on after this one. */
    boolean hasKeysBelow(String key) {
        String prefix = key + ".";
        String environmentPrefix = environmentName(prefix);
        return keys.get().stream().anyMatch(name -> name.startsWith(prefix) || name.startsWith(environmentPrefix));
    }

    static ConfigurationSource file(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        return new ConfigurationSource("file " + file, false, properties::getProperty, properties::stringPropertyNames);
    }
}
