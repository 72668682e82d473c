package dev.homeport.bench;

import dev.homeport.bench.rival.Rival;
import java.util.List;

/**
 * What one run of the benchmark is to do.
 *
 * @param cells of which topics and, if named, which of them; in this order
 * @param rivals beside which no other is measured
 * @param warmupNanos for the first cell of a process; later cells get a part of it
 */
public record Settings(List<Cell> cells, List<Rival> rivals, int rounds, long nanos, long warmupNanos) {
    /** Later cells find most of the code compiled. */
    private static final int FIRST_TO_LATER_WARMUP = 5;

    long warmupNanos(boolean first) {
        return first ? warmupNanos : warmupNanos / FIRST_TO_LATER_WARMUP;
    }

    List<Topic> topics() {
        return cells.stream().map(Cell::topic).distinct().toList();
    }

    List<Cell> cellsOf(Topic topic) {
        return cells.stream().filter(cell -> cell.topic() == topic).toList();
    }

    List<Rival> rivalsOf(Topic topic) {
        return topic.rivals().stream().filter(rivals::contains).toList();
    }
}
