package dev.homeport.route;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a channel's target says about where its server is, before anything is resolved: a connection port
 * by name, a host and TCP port, or nothing that could be on this host.
 */
sealed interface TargetAddress {
    /** Scheme of targets that name a connection port and have no TCP. */
    String LPC_SCHEME = "lpc";
    /** What gRPC takes for a plaintext target without a port. */
    int DEFAULT_PLAINTEXT_PORT = 80;

    /** A connection port by its name. */
    record ByName(PortName port) implements TargetAddress {}

    /** A host, as a name or a literal address, and a TCP port. */
    record ByTcp(String host, int port) implements TargetAddress {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** Cannot be proved to be on this host. @param reason why, for the log */
    record Elsewhere(String reason) implements TargetAddress {}

    Pattern SCHEME = Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]*):(.*)");
    Pattern HOST_AND_PORT = Pattern.compile("(?:\\[([^\\]]+)\\]|([^:/\\[\\],]+))(?::(\\d{1,5}))?");
    /** Schemes whose endpoint is a host and a port. */
    Set<String> TCP_SCHEMES = Set.of("dns", "ipv4", "ipv6", "passthrough");

    static boolean isLpc(String target) {
        return target.regionMatches(true, 0, LPC_SCHEME + ":", 0, LPC_SCHEME.length() + 1);
    }

    /** @throws IllegalArgumentException if the target has the scheme lpc and no proper name */
    static TargetAddress parse(String target) {
        Matcher matcher = SCHEME.matcher(target);
        if (!matcher.matches()) {
            return hostAndPort(target);
        }
        String scheme = matcher.group(1).toLowerCase(Locale.ROOT);
        String rest = matcher.group(2);
        if (scheme.equals(LPC_SCHEME)) {
            return new ByName(PortName.parse(endpoint(rest)));
        }
        if (TCP_SCHEMES.contains(scheme)) {
            return hostAndPort(endpoint(rest).replace("%5B", "[").replace("%5D", "]"));
        }
        // "orders:443" looks like a scheme; gRPC tries again with its default scheme, and so do we.
        TargetAddress plain = hostAndPort(target);
        return plain instanceof ByTcp ? plain : new Elsewhere("targets of scheme " + scheme + " are not looked for");
    }

    /** What follows {@code //authority/}, {@code ///}, {@code /} or nothing. */
    private static String endpoint(String rest) {
        if (rest.startsWith("//")) {
            int slash = rest.indexOf('/', 2);
            return slash < 0 ? "" : rest.substring(slash + 1);
        }
        return rest.startsWith("/") ? rest.substring(1) : rest;
    }

    private static TargetAddress hostAndPort(String text) {
        Matcher matcher = HOST_AND_PORT.matcher(text);
        if (!matcher.matches()) {
            return new Elsewhere("not one host and port: " + text);
        }
        String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
        int port = matcher.group(3) == null ? DEFAULT_PLAINTEXT_PORT : Integer.parseInt(matcher.group(3));
        return port > 0 && port <= 0xFFFF ? new ByTcp(host, port) : new Elsewhere("no TCP port: " + port);
    }
}
