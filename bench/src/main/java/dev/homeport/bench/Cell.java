package dev.homeport.bench;

import dev.homeport.bench.load.Parameters;

/**
 * What is measured for each rival of a topic; a row of its table.
 *
 * @param label as the table names it
 * @param parameters for the load
 */
public record Cell(Topic topic, String label, Parameters parameters) {
    @Override
    public String toString() {
        return topic + " " + label;
    }
}
