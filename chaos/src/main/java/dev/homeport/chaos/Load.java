package dev.homeport.chaos;

/**
 * What the callers of a soak do.
 *
 * @param callers how many, each with a connection of its own
 * @param pace calls that each makes a second; 0: as many as it can
 */
public record Load(int callers, int pace) {
    /** A few, as fast as they can. */
    public static final Load DEFAULT = new Load(2, 0);
}
