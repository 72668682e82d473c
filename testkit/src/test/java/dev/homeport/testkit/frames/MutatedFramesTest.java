package dev.homeport.testkit.frames;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.frames.EngineSubject.Side;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever frames come, a side of a connection throws nothing but a violation, hangs nowhere, ends every call once and
 * keeps nothing. {@code -Dhomeport.fuzz.frames=N} says how many for each side, {@code -Dhomeport.fuzz.seed=S} repeats a
 * run; with one frame it repeats the conversation of that seed.
 */
class MutatedFramesTest {
    private static final long FRAMES = Long.getLong("homeport.fuzz.frames", 100_000);
    private static final long SEED = Long.getLong("homeport.fuzz.seed", System.nanoTime());

    private final Faults faults = new Faults();

    @AfterEach
    void nothingWentWrongElsewhere() {
        faults.close();
        assertThat(faults.seen()).as("seed=%d", SEED).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Side.class)
    @Timeout(60)
    void honestConversationEndsNothing(Side side) {
        FrameCampaign campaign = new FrameCampaign(side, SEED);

        campaign.runHonest(1_000);

        assertThat(campaign.violations()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Side.class)
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void mutatedConversationsDoNoHarm(Side side) {
        FrameCampaign campaign = new FrameCampaign(side, SEED);

        campaign.run(FRAMES);

        System.out.println(campaign);
        assertThat(campaign.violations())
                .as("some mutations are violations, some are not")
                .isBetween(FRAMES > 1_000 ? 1L : 0L, campaign.conversations() - (FRAMES > 1_000 ? 1 : 0));
    }
}
