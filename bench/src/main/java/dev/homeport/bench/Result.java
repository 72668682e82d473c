package dev.homeport.bench;

import dev.homeport.bench.load.Figures;
import dev.homeport.bench.rival.Rival;
import java.util.List;

/**
 * What a rival did in a cell.
 *
 * @param rounds in their order; empty if all failed
 * @param failures in words
 */
public record Result(Cell cell, Rival rival, List<Figures> rounds, List<String> failures) {
    /** Figure by figure the median of the rounds. */
    public Figures median() {
        return Figures.median(rounds);
    }
}
