package dev.homeport.examples.files;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What one mirroring came to, as one line that another process can read.
 *
 * @param route as the client saw it
 * @param files copied and verified
 * @param bytes of their content
 * @param seconds that the mirroring took
 * @param callsPerSecond of small calls, one after the other
 * @param carried which technique carried messages of which size; empty on the remote route
 */
record Report(String route, int files, long bytes, double seconds, double callsPerSecond, String carried) {
    private static final String START = "report ";

    /** The line. */
    String toLine() {
        return String.format(
                Locale.ROOT,
                START + "files=%d bytes=%d seconds=%.3f callsPerSecond=%.0f route=%s carried=%s",
                files,
                bytes,
                seconds,
                callsPerSecond,
                URLEncoder.encode(route, StandardCharsets.UTF_8),
                URLEncoder.encode(carried, StandardCharsets.UTF_8));
    }

    /** Whether the line is one of these. */
    static boolean isLine(String line) {
        return line.startsWith(START);
    }

    /** Reads the line. */
    static Report fromLine(String line) {
        Map<String, String> values = new HashMap<>();
        for (String pair : line.substring(START.length()).split(" ")) {
            int equals = pair.indexOf('=');
            values.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        return new Report(
                URLDecoder.decode(values.getOrDefault("route", "unknown"), StandardCharsets.UTF_8),
                Integer.parseInt(values.get("files")),
                Long.parseLong(values.get("bytes")),
                Double.parseDouble(values.get("seconds")),
                Double.parseDouble(values.get("callsPerSecond")),
                URLDecoder.decode(values.getOrDefault("carried", ""), StandardCharsets.UTF_8));
    }
}
