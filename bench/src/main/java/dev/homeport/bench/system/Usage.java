package dev.homeport.bench.system;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * What a process has used since its start, by {@code getrusage(2)}: exact to the microsecond, and with the threads
 * that have ended, neither of which {@code /proc/PID/stat} gives. Includes the JVM's own compiler and collector.
 *
 * @param cpuMicros time on a processor, user and system
 * @param switches context switches, voluntary and not
 */
public record Usage(long cpuMicros, long switches) {
    public static final Usage NONE = new Usage(0, 0);

    // struct rusage: two struct timeval, then fourteen longs of which these two are the last.
    private static final int RUSAGE_BYTES = 144;
    private static final int USER_TIME = 0;
    private static final int SYSTEM_TIME = 16;
    private static final int VOLUNTARY = 128;
    private static final int INVOLUNTARY = 136;
    private static final long MICROS = 1_000_000;

    /** That of this process now. */
    public static Usage now() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rusage = arena.allocate(RUSAGE_BYTES, 8);
            Libc.getrusage(rusage);
            return new Usage(
                    micros(rusage, USER_TIME) + micros(rusage, SYSTEM_TIME),
                    rusage.get(JAVA_LONG, VOLUNTARY) + rusage.get(JAVA_LONG, INVOLUNTARY));
        }
    }

    private static long micros(MemorySegment rusage, int timeval) {
        return rusage.get(JAVA_LONG, timeval) * MICROS + rusage.get(JAVA_LONG, timeval + 8);
    }

    public Usage minus(Usage earlier) {
        return new Usage(cpuMicros - earlier.cpuMicros, switches - earlier.switches);
    }

    public Usage plus(Usage other) {
        return new Usage(cpuMicros + other.cpuMicros, switches + other.switches);
    }

    /** For an agent's answer. */
    public Map<String, String> toMap() {
        return Map.of("cpu", Long.toString(cpuMicros), "switches", Long.toString(switches));
    }

    public static Usage of(Map<String, String> answer) {
        return new Usage(Long.parseLong(answer.get("cpu")), Long.parseLong(answer.get("switches")));
    }
}
