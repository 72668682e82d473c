package dev.homeport.bench.report;

import dev.homeport.bench.Cell;
import dev.homeport.bench.Result;
import dev.homeport.bench.Topic;
import dev.homeport.bench.load.Figures;
import dev.homeport.bench.load.ManyCallers;
import dev.homeport.bench.load.OneCaller;
import dev.homeport.bench.load.Parameters;
import dev.homeport.bench.rival.Rival;
import java.util.List;

/** Recordings of runs that never were, for tests. */
final class Recordings {
    private static final long ROUND_NANOS = 1_000_000_000;

    /** One blocking caller; the second size lacks a rival, and one rival had a median of 0. */
    static final List<Result> BY_SIZE = List.of(
            bySize(32, Rival.HOMEPORT, 0.8), bySize(32, Rival.NETTY_UNIX, 112.7), bySize(32, Rival.COPY, 0),
            bySize(4096, Rival.HOMEPORT, 3.1), bySize(4096, Rival.COPY, 1.2));

    /** Many callers on threads of two kinds. */
    static final List<Result> CALLERS = List.of(
            callers(1, ManyCallers.PLATFORM, 700_000), callers(32, ManyCallers.PLATFORM, 900_000),
            callers(1, ManyCallers.VIRTUAL, 600_000), callers(32, ManyCallers.VIRTUAL, 400_000));

    private Recordings() {}

    static Recording of(List<Result> results) {
        return new Recording(
                "2026-11-23T14:08:34.620017083Z",
                new Machine(2, "a processor", "a kernel", "a JVM"),
                3, ROUND_NANOS, ROUND_NANOS,
                results.stream().map(Recording.Entry::of).toList(),
                List.of(new Recording.Counters("L", 0, 1, 2, 3, 4)),
                List.of("a note"));
    }

    /** A result with one more figure. */
    static Result withFigure(String name, double value) {
        Result plain = bySize(32, Rival.HOMEPORT, 1);
        plain.rounds().forEach(round -> round.put(name, value));
        return plain;
    }

    private static Result bySize(int bytes, Rival rival, double micros) {
        Cell cell = new Cell(Topic.L, bytes + " B", Parameters.of(OneCaller.BYTES, bytes));
        return result(cell, rival, Figures.P50, micros);
    }

    private static Result callers(int callers, String threads, double perSecond) {
        Cell cell = new Cell(Topic.N, callers + " " + threads,
                Parameters.of(ManyCallers.CALLERS, callers).and(ManyCallers.THREADS, threads));
        return result(cell, Rival.HOMEPORT, Figures.PER_SECOND, perSecond);
    }

    /** Three rounds around that median. */
    private static Result result(Cell cell, Rival rival, String figure, double median) {
        List<Figures> rounds = List.of(
                new Figures().put(figure, median / 2),
                new Figures().put(figure, median),
                new Figures().put(figure, median * 2));
        return new Result(cell, rival, rounds, List.of());
    }
}
