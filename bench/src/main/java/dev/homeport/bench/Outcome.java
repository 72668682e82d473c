package dev.homeport.bench;

import dev.homeport.bench.rival.Rival;
import dev.homeport.spi.PortCounters;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All that a run of the benchmark gave, while it grows. Used by one thread. */
public final class Outcome {
    private final List<Result> results = new ArrayList<>();
    private final List<TopicCounters> counters = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /** Homeport's counters over both processes, warm-up included. */
    public record TopicCounters(Topic topic, PortCounters counters) {}

    void add(Result result) {
        results.add(result);
    }

    void add(Topic topic, PortCounters total) {
        counters.add(new TopicCounters(topic, total));
    }

    void note(String note) {
        notes.add(note);
    }

    public List<Result> results() {
        return results;
    }

    public List<Result> results(Topic topic) {
        return results.stream().filter(result -> result.cell().topic() == topic).toList();
    }

    public Optional<Result> find(Cell cell, Rival rival) {
        return results.stream()
                .filter(result -> result.cell().equals(cell) && result.rival() == rival)
                .findFirst();
    }

    public List<TopicCounters> counters() {
        return counters;
    }

    public List<String> notes() {
        return notes;
    }
}
