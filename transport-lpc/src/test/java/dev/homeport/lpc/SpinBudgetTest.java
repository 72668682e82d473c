package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Spinning goes on while it pays, stops when it does not, and comes back. */
class SpinBudgetTest {
    private static final int SPINS_IN_VAIN = 4;
    private static final int LONGEST_PAUSE = 256;

    private long preemptions;
    private final SpinBudget budget = new SpinBudget(100_000, LONGEST_PAUSE, () -> preemptions);

    private void stop() {
        for (int i = 0; i < SPINS_IN_VAIN; i++) {
            assertThat(budget.nanos()).isPositive();
            budget.didNotPay();
        }
    }

    /** Sleeps until the next try, which is included. */
    private int sleepsUntilTry() {
        int sleeps = 1;
        while (budget.nanos() == 0) {
            sleeps++;
            assertThat(sleeps).isLessThanOrEqualTo(LONGEST_PAUSE);
        }
        return sleeps;
    }

    @Test
    void spinningStopsAfterAFewSpinsInVain() {
        stop();

        assertThat(budget.nanos()).isZero();
    }

    @Test
    void oneSpinThatPaysMakesUpForThoseInVain() {
        for (int i = 0; i < 10 * SPINS_IN_VAIN; i++) {
            assertThat(budget.nanos()).isPositive();
            budget.didNotPay();
            budget.paid();
        }
    }

    @Test
    void triesBecomeRareWhileTheyAreInVain() {
        stop();

        int first = sleepsUntilTry();
        budget.didNotPay();
        int second = sleepsUntilTry();

        assertThat(second).isEqualTo(2 * first);
    }

    @Test
    void steadySleepersTryAtLeastOnceInSoManySleeps() {
        stop();
        for (int i = 0; i < 10; i++) {
            sleepsUntilTry();
            budget.didNotPay();
        }

        assertThat(sleepsUntilTry()).isEqualTo(LONGEST_PAUSE);
    }

    @Test
    void triesAreFrequentAgainAfterSpinningHasPaid() {
        stop();
        int first = sleepsUntilTry();
        for (int i = 0; i < 10; i++) {
            budget.didNotPay();
            sleepsUntilTry();
        }

        budget.paid();
        stop();

        assertThat(sleepsUntilTry()).isEqualTo(first);
    }

    @Test
    void tryInWhichTheProcessorWasLostHasNotPaid() {
        stop();

        sleepsUntilTry();
        preemptions++;
        budget.paid();

        assertThat(budget.nanos()).isZero();
    }

    @Test
    void tryThatKeptItsProcessorHasPaid() {
        preemptions = 7;
        stop();

        sleepsUntilTry();
        budget.paid();

        assertThat(budget.nanos()).isPositive();
    }

    @Test
    void nextChanceIsATryWhereAskedFor() {
        stop();

        budget.tryNext();

        assertThat(budget.nanos()).isPositive();
    }
}
