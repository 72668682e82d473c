package dev.homeport.spi;

/**
 * Which technique carries a message of which size, as configured. The defaults are the transport's, where the
 * measurements behind them stand.
 *
 * @param queueBelowBytes messages shorter than this are copied through the queue; a server tells its clients;
 *     {@link #DEFAULT}: the transport's constant
 * @param directFromBytes messages of at least this length go direct where that is possible; shorter ones only
 *     if no section has room; {@link #DEFAULT}: the transport's constant
 * @param direct whether memory may be lent to peers of the same user, and theirs be used
 * @param allowTracing whether a client tells Yama that its server may read and write its memory
 *     ({@code PR_SET_PTRACER}), which gives that process the rights of a debugger
 */
public record BodySettings(int queueBelowBytes, int directFromBytes, boolean direct, boolean allowTracing) {
    /** A threshold that is not configured. */
    public static final int DEFAULT = -1;

    /** Nothing configured. */
    public static final BodySettings DEFAULTS = new BodySettings(DEFAULT, DEFAULT, true, false);
}
