package dev.homeport.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** The estimate of a ratio says how far it can be relied on. */
class RatioEstimateTest {
    private static final int BLOCKS = 20;
    private static final int PAIRS = 25;
    /** Of single pairs, as slices of 50 ms have it on a busy machine. */
    private static final double NOISE = 0.08;

    private final Random random = new Random(20261123);

    /** Blocks of pairs around a ratio, of which each block has an error of its own. */
    private List<double[]> blocks(double ratio, double errorOfBlocks) {
        List<double[]> blocks = new ArrayList<>();
        for (int i = 0; i < BLOCKS; i++) {
            double ofBlock = ratio * (1 + errorOfBlocks * random.nextGaussian());
            blocks.add(DoubleStream.generate(() -> ofBlock * (1 + NOISE * random.nextGaussian()))
                    .limit(PAIRS)
                    .toArray());
        }
        return blocks;
    }

    @Test
    void intervalHoldsTheTrueRatioAboutAsOftenAsItSays() {
        int runs = 100;
        int held = 0;
        for (int i = 0; i < runs; i++) {
            RatioEstimate estimate = RatioEstimate.of(blocks(1.01, 0.01), random);
            held += estimate.low() <= 1.01 && 1.01 <= estimate.high() ? 1 : 0;
        }
        // 95 of a hundred are promised; fewer than 87 would be chance once in a thousand times.
        assertThat(held).isBetween(87, runs);
    }

    @Test
    void intervalIsWiderWhereBlocksDiffer() {
        RatioEstimate alike = RatioEstimate.of(blocks(1, 0), random);
        RatioEstimate different = RatioEstimate.of(blocks(1, 0.05), random);

        assertThat(different.high() - different.low()).isGreaterThan(2 * (alike.high() - alike.low()));
    }

    @Test
    void twoPercentAreToldFromNone() {
        RatioEstimate estimate = RatioEstimate.of(blocks(1.02, 0), random);

        assertThat(estimate.low()).isGreaterThan(1);
        assertThat(estimate.pairs()).isEqualTo(BLOCKS * PAIRS);
    }

    @Test
    void onePairIsItsOwnMedian() {
        RatioEstimate estimate = RatioEstimate.of(List.of(new double[] {1.5}), random);

        assertThat(estimate).isEqualTo(new RatioEstimate(1.5, 1.5, 1.5, 1));
    }

    @Test
    void noPairsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> RatioEstimate.of(List.of(), random));
        assertThatIllegalArgumentException().isThrownBy(() -> RatioEstimate.of(List.of(new double[0]), random));
    }
}
