package dev.homeport.bench.report;

import dev.homeport.bench.Cell;
import dev.homeport.bench.Result;
import dev.homeport.bench.Topic;
import dev.homeport.bench.load.ManyCallers;
import dev.homeport.bench.load.ManyConnections;
import org.jspecify.annotations.Nullable;

/** What is drawn of a topic: its main figure, over what, and in which shape. Topics that none is for are not drawn. */
enum Plot {
    BY_SIZE(Topic.L, Shape.LINES, "One blocking caller: time of a call", "payload each way"),
    ON_ONE_CORE(Topic.L1, Shape.LINES, "One blocking caller, both processes on one core: time of a call",
            "payload each way"),
    OUTSTANDING(Topic.T, Shape.BARS, "64 outstanding asynchronous calls of 32 B", ""),
    STREAMS(Topic.S, Shape.BARS, "Streams of 32 B", "kind of stream, messages requested ahead"),
    CALLERS(Topic.N, Shape.LINES, "Blocking callers on one channel, 32 B", "callers",
            new Split(ManyCallers.CALLERS, ManyCallers.THREADS, " threads")),
    CONNECTIONS(Topic.K, Shape.LINES, "Many connections, 32 B", "connections",
            new Split(ManyConnections.CONNECTIONS, ManyConnections.BUSY, " busy")),
    PACED(Topic.P, Shape.BARS, "Paced calls of 32 B, both sides asleep: time of a call", ""),
    SESSIONS(Topic.B, Shape.BARS, "A client that serves callbacks, 32 B: time of a call", "");

    /** Lines where one cell leads to the next, bars where it does not. */
    enum Shape {
        LINES,
        BARS
    }

    /**
     * Of cells that differ in two ways: one stands along the axis, the other sets series apart.
     *
     * @param along parameter along the axis
     * @param apart parameter that sets series apart
     * @param noun follows its value in the legend
     */
    private record Split(String along, String apart, String noun) {}

    private final Topic topic;
    private final Shape shape;
    private final String title;
    private final String axis;
    private final @Nullable Split split;

    Plot(Topic topic, Shape shape, String title, String axis) {
        this(topic, shape, title, axis, null);
    }

    Plot(Topic topic, Shape shape, String title, String axis, @Nullable Split split) {
        this.topic = topic;
        this.shape = shape;
        this.title = title;
        this.axis = axis;
        this.split = split;
    }

    Topic topic() {
        return topic;
    }

    Shape shape() {
        return shape;
    }

    String title() {
        return title;
    }

    /** What the horizontal axis is. */
    String axis() {
        return axis;
    }

    /** Where a cell stands along the axis. */
    String along(Cell cell) {
        return split == null ? cell.label() : cell.parameters().text(split.along());
    }

    /** The series that a result belongs to, as the legend names it. */
    String series(Result result) {
        String rival = result.rival().label();
        return split == null ? rival : rival + ", " + result.cell().parameters().text(split.apart()) + split.noun();
    }
}
