package dev.homeport.lpc.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Who may read, move by move. */
class ReadRoleTest {
    private final ReadRole role = new ReadRole();

    @Test
    void oneHoldsItUntilItIsReleased() {
        assertThat(role.tryAcquire()).isTrue();
        assertThat(role.tryAcquire()).isFalse();
        assertThat(role.tryTakeOver()).as("its holder reads").isFalse();

        role.release();

        assertThat(role.tryAcquire()).isTrue();
    }

    @Test
    void whoComesBackFromUserCodeInTimeHasItStill() {
        role.tryAcquire();
        int stay = role.enterUserCode();

        assertThat(role.tryAcquire()).isFalse();
        assertThat(role.leaveUserCode(stay)).isTrue();
        assertThat(role.tryTakeOver()).isFalse();
    }

    @Test
    void whoWasRelievedDoesNotGetItBack() {
        role.tryAcquire();
        int stay = role.enterUserCode();

        assertThat(role.tryTakeOver()).isTrue();
        assertThat(role.leaveUserCode(stay)).isFalse();
        role.release();

        assertThat(role.leaveUserCode(stay)).as("even if nobody has it").isFalse();
        assertThat(role.isFree()).isTrue();
    }

    @Test
    void stayOfAnotherIsNotMistakenForOnesOwn() {
        role.tryAcquire();
        int mine = role.enterUserCode();
        role.tryTakeOver();
        int another = role.enterUserCode();

        assertThat(role.leaveUserCode(mine)).isFalse();
        assertThat(role.tryTakeOver(mine)).isFalse();
        assertThat(role.leaveUserCode(another)).isTrue();
    }

    @Test
    void nobodyGetsItAfterTheEnd() {
        role.tryAcquire();
        role.closeForEver();

        assertThat(role.tryAcquire()).isFalse();
        assertThat(role.tryTakeOver()).isFalse();
        assertThat(role.isClosed()).isTrue();
    }
}
