package dev.homeport.route;

import dev.homeport.RoutePolicy;
import dev.homeport.spi.BodySettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What a channel or a server is told about its route. Read once, when it is built. Sources, strongest
 * first: the builder, system properties {@code homeport.*}, environment {@code HOMEPORT_*}, a properties
 * file named by {@code homeport.config}, the default. The strongest source that says anything about a
 * question decides it; within a source the narrowest key does: service, then target, then process.
 */
public final class Configuration {
    /** Policy of the process; {@code homeport.route.X} is that of a target or a service X. */
    public static final String ROUTE = "homeport.route";
    /** Prefix before a target: the connection port that it means, as {@code NAME} or {@code NAME,uid=N}. */
    public static final String NAME = "homeport.name";
    /** Whether channels and servers with credentials other than insecure may go local. */
    public static final String SECURE_LOCAL = "homeport.secure.local";
    /** Whether servers take their names over from live ones of the same user. */
    public static final String TAKE_OVER = "homeport.takeover";
    /** How long a first call waits for local set-up. */
    public static final String CONNECT_WAIT = "homeport.connect.wait";
    /** How often calls look for a connection port again. */
    public static final String LOOKUP_INTERVAL = "homeport.lookup.interval";
    /** Messages shorter than this go through the queue; of a server, who tells its clients. */
    public static final String QUEUE_BELOW = "homeport.queue.below";
    /** Messages of at least this length go direct where that is possible. */
    public static final String DIRECT_FROM = "homeport.direct.from";
    /** Whether memory may be lent to processes of the same user, and theirs be used. */
    public static final String DIRECT = "homeport.direct";
    /** Whether a client allows its server to trace it, where Yama would refuse direct otherwise. */
    public static final String DIRECT_TRACING = "homeport.direct.tracing";
    /** Names the properties file. */
    public static final String CONFIG_FILE = "homeport.config";

    /** Long enough for a set-up with a warm JVM (about 5 ms), short against a TCP connect elsewhere. */
    static final Duration DEFAULT_CONNECT_WAIT = Duration.ofMillis(20);
    static final Duration DEFAULT_LOOKUP_INTERVAL = Duration.ofMillis(100);

    private static final Logger LOG = Logger.getLogger("dev.homeport.route");
    /** Complaints already logged, so that each is made once. Bounded: what comes later is not remembered. */
    private static final Set<String> COMPLAINTS = ConcurrentHashMap.newKeySet();
    private static final int MAX_COMPLAINTS = 256;

    private final List<ConfigurationSource> sources;

    Configuration(List<ConfigurationSource> sources) {
        this.sources = List.copyOf(sources);
    }

    /** The configuration of this process, under what a builder was told. */
    public static Configuration ofProcess(Map<String, String> builderSettings) {
        List<ConfigurationSource> sources = new ArrayList<>();
        sources.add(ConfigurationSource.builder(builderSettings));
        sources.add(ConfigurationSource.systemProperties());
        sources.add(ConfigurationSource.environment(System.getenv()));
        String file = new Configuration(sources).value(CONFIG_FILE, text -> text, null);
        if (file != null) {
            addFile(sources, file);
        }
        return new Configuration(sources);
    }

    private static void addFile(List<ConfigurationSource> sources, String file) {
        try {
            sources.add(ConfigurationSource.file(Path.of(file)));
        } catch (IOException | IllegalArgumentException e) {
            complain("configuration file " + file + " ignored: " + e);
        }
    }

    /** The policy of a target for services that have none of their own. */
    public RoutePolicy policy(String target) {
        return narrowest(List.of(ROUTE + "." + target, ROUTE), RoutePolicy.AUTO);
    }

    /** The policy of a service on a target. */
    public RoutePolicy policy(String target, String service) {
        return narrowest(List.of(ROUTE + "." + service, ROUTE + "." + target, ROUTE), RoutePolicy.AUTO);
    }

    /** Whether services may have policies of their own; if not, a channel need not ask for each call. */
    boolean mayDifferByService() {
        return sources.stream().anyMatch(source -> source.hasKeysBelow(ROUTE));
    }

    private RoutePolicy narrowest(List<String> keys, RoutePolicy otherwise) {
        for (ConfigurationSource source : sources) {
            for (String key : keys) {
                RoutePolicy policy = valueIn(source, key, Configuration::parsePolicy);
                if (policy != null) {
                    return policy;
                }
            }
        }
        return otherwise;
    }

    /** The connection port that a target is configured to mean, or null. */
    public @Nullable PortName portName(String target) {
        return value(NAME + "." + target, PortName::parse, null);
    }

    public boolean secureLocal() {
        return Boolean.TRUE.equals(value(SECURE_LOCAL, Configuration::parseBoolean, null));
    }

    public boolean takeOver() {
        return Boolean.TRUE.equals(value(TAKE_OVER, Configuration::parseBoolean, null));
    }

    public long connectWaitNanos() {
        Duration wait = value(CONNECT_WAIT, Configuration::parseDuration, null);
        return (wait == null ? DEFAULT_CONNECT_WAIT : wait).toNanos();
    }

    public long lookupIntervalNanos() {
        Duration interval = value(LOOKUP_INTERVAL, Configuration::parseDuration, null);
        return (interval == null ? DEFAULT_LOOKUP_INTERVAL : interval).toNanos();
    }

    /** Which technique carries what. */
    public BodySettings bodies() {
        Integer queueBelow = value(QUEUE_BELOW, Configuration::parseBytes, BodySettings.DEFAULT);
        Integer directFrom = value(DIRECT_FROM, Configuration::parseBytes, BodySettings.DEFAULT);
        return new BodySettings(
                queueBelow == null ? BodySettings.DEFAULT : queueBelow,
                directFrom == null ? BodySettings.DEFAULT : directFrom,
                !Boolean.FALSE.equals(value(DIRECT, Configuration::parseBoolean, null)),
                Boolean.TRUE.equals(value(DIRECT_TRACING, Configuration::parseBoolean, null)));
    }

    private <T> @Nullable T value(String key, Function<String, T> parser, @Nullable T otherwise) {
        for (ConfigurationSource source : sources) {
            T value = valueIn(source, key, parser);
            if (value != null) {
                return value;
            }
        }
        return otherwise;
    }

    private static <T> @Nullable T valueIn(ConfigurationSource source, String key, Function<String, T> parser) {
        String text = source.settings().get(key);
        if (text == null) {
            return null;
        }
        try {
            return parser.apply(text.strip());
        } catch (IllegalArgumentException e) {
            String message = source.name() + " " + key + "=" + text + ": " + e.getMessage();
            if (source.strict()) {
                throw new IllegalArgumentException(message, e);
            }
            complain(message + "; ignored");
            return null;
        }
    }

    private static void complain(String message) {
        if (COMPLAINTS.size() < MAX_COMPLAINTS && COMPLAINTS.add(message)) {
            LOG.log(Level.WARNING, message);
        }
    }

    private static RoutePolicy parsePolicy(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "auto" -> RoutePolicy.AUTO;
            case "local" -> RoutePolicy.LOCAL;
            case "remote" -> RoutePolicy.REMOTE;
            default -> throw new IllegalArgumentException("must be auto, local or remote");
        };
    }

    /** A number of bytes, or with {@code KiB} or {@code MiB} behind it of those. */
    private static int parseBytes(String text) {
        int factor = text.endsWith("KiB") ? 1024 : text.endsWith("MiB") ? 1024 * 1024 : 1;
        String number = factor == 1 ? text : text.substring(0, text.length() - 3);
        long count;
        try {
            count = Math.multiplyExact(Long.parseLong(number.strip()), (long) factor);
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("must be a size such as 2000, 256 KiB or 32 MiB", e);
        }
        if (count < 1 || count > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("must be a size from 1 to " + Integer.MAX_VALUE + " bytes");
        }
        return (int) count;
    }

    private static boolean parseBoolean(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("must be true or false");
        };
    }

    /** A number of milliseconds, with or without {@code ms}; or of seconds, with {@code s}. */
    private static Duration parseDuration(String text) {
        String number = text.endsWith("ms") ? text.substring(0, text.length() - 2)
                : text.endsWith("s") ? text.substring(0, text.length() - 1) : text;
        long count;
        try {
            count = Long.parseLong(number.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be a time such as 20 ms or 1 s", e);
        }
        if (count < 0 || count > Duration.ofHours(1).toMillis()) {
            throw new IllegalArgumentException("must be a time from 0 to one hour");
        }
        return text.endsWith("s") && !text.endsWith("ms") ? Duration.ofSeconds(count) : Duration.ofMillis(count);
    }
}
