package dev.homeport.bench;

import dev.homeport.bench.load.PacedCalls;
import dev.homeport.bench.load.Parameters;

/**
 * What is measured for each rival of a topic; a row of its table.
 *
 * @param label as the table names it
 * @param parameters for the load
 */
public record Cell(Topic topic, String label, Parameters parameters) {
    /** More than any rival makes. */
    private static final int WITHOUT_PAUSE_PER_SECOND = 1_000_000_000;

    /**
     * What compiles the code of this cell. At a pace it would not be compiled for minutes, and a program that paces
     * its calls has run for longer than we measure.
     */
    Cell toWarmUp() {
        return topic == Topic.P
                ? new Cell(topic, label, parameters.and(PacedCalls.PER_SECOND, WITHOUT_PAUSE_PER_SECOND))
                : this;
    }

    @Override
    public String toString() {
        return topic + " " + label;
    }
}
