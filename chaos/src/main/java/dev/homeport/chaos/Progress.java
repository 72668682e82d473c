package dev.homeport.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * How far campaigns have come, in a file: trials done and failures, by topic and seed. A campaign that was broken off
 * goes on where it was. Used by one thread.
 */
final class Progress {
    private final Path file;
    private final Properties values = new Properties();

    Progress(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            try (var in = Files.newInputStream(file)) {
                values.load(in);
            }
        }
    }

    long done(String topic, long seed) {
        return number(topic + "." + seed + ".done");
    }

    long failures(String topic, long seed) {
        return number(topic + "." + seed + ".failures");
    }

    private long number(String key) {
        return Long.parseLong(values.getProperty(key, "0"));
    }

    void add(String topic, long seed, long trials, long failures) throws IOException {
        values.setProperty(topic + "." + seed + ".done", Long.toString(done(topic, seed) + trials));
        values.setProperty(topic + "." + seed + ".failures", Long.toString(failures(topic, seed) + failures));
        try (var out = Files.newOutputStream(file)) {
            values.store(out, null);
        }
    }
}
