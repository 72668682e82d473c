package dev.homeport.bench.load;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * How much one thing takes in proportion to another, from pairs that were measured one right after the other.
 *
 * @param median of the pairs' ratios
 * @param low lower end of the interval that holds the true median with a probability of 95 %
 * @param high its upper end
 * @param pairs that it rests on
 */
record RatioEstimate(double median, double low, double high, int pairs) {
    private static final int RESAMPLES = 2000;
    private static final double TAIL = 0.025;

    /**
     * By bootstrap in two steps: pairs of one block have in common what chance gave its connections, such as their
     * event loops, and so the blocks are drawn anew, and then pairs within each.
     *
     * @param blocks ratios by block; none is empty
     */
    static RatioEstimate of(List<double[]> blocks, RandomGenerator random) {
        double[] all = blocks.stream().flatMapToDouble(Arrays::stream).toArray();
        if (all.length == 0 || blocks.stream().anyMatch(block -> block.length == 0)) {
            throw new IllegalArgumentException("no pairs: blocks=" + blocks.size() + ", pairs=" + all.length);
        }
        double[] medians = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            medians[i] = median(resample(blocks, random));
        }
        Arrays.sort(medians);
        int tail = (int) (TAIL * RESAMPLES);
        return new RatioEstimate(median(all), medians[tail], medians[RESAMPLES - 1 - tail], all.length);
    }

    private static double[] resample(List<double[]> blocks, RandomGenerator random) {
        double[][] drawn = new double[blocks.size()][];
        for (int i = 0; i < drawn.length; i++) {
            double[] block = blocks.get(random.nextInt(blocks.size()));
            drawn[i] = random.ints(block.length, 0, block.length).mapToDouble(at -> block[at]).toArray();
        }
        return Arrays.stream(drawn).flatMapToDouble(Arrays::stream).toArray();
    }

    /** Sorts what it is given. */
    private static double median(double[] values) {
        Arrays.sort(values);
        int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
