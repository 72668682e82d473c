package dev.homeport.bench.load;

/** What a client does in one run. Stateless; warm-up is a run like any other. */
@FunctionalInterface
public interface Load {
    /**
     * Works for about that long.
     *
     * @param parameters of the cell
     */
    Figures run(Subject subject, Parameters parameters, long nanos) throws Exception;
}
