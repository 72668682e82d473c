package dev.homeport.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.chaos.topic.CancelFlood;
import dev.homeport.chaos.topic.Death;
import dev.homeport.chaos.topic.DescriptorFlood;
import dev.homeport.chaos.topic.EnvironmentMatrix;
import dev.homeport.chaos.topic.Flip;
import dev.homeport.chaos.topic.Hoard;
import dev.homeport.chaos.topic.Hog;
import dev.homeport.chaos.topic.Integrity;
import dev.homeport.chaos.topic.Kill;
import dev.homeport.chaos.topic.Pids;
import dev.homeport.chaos.topic.Restart;
import dev.homeport.chaos.topic.Roll;
import dev.homeport.chaos.topic.Soak;
import dev.homeport.chaos.topic.Stop;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A short share of each campaign. Times are judged by the campaigns, which have the machine to themselves. */
@Tag("lpc")
@Timeout(120)
class ShortCampaignsTest {
    /** A share that runs beside other builds says little of how long things take. */
    private static final String OF_TIME = ".*: p\\d+(\\.\\d+)? is .* ms, promised .*";

    static Stream<Topic> topics() {
        return Stream.of(
                new Kill(), new Death(), new Stop(), new Restart(), new Roll(), new Integrity(), new Soak(),
                new DescriptorFlood(), new CancelFlood(), new Flip(), new Pids(), new Hog(), new Hoard(),
                new EnvironmentMatrix());
    }

    @ParameterizedTest
    @MethodSource("topics")
    void shortCampaignIsWithoutFailure(Topic topic) throws Exception {
        Run run = new Run(20_261_123, 0, topic.shortSize());

        Chaos.part(topic.getClass().getSimpleName(), topic, run);

        assertThat(run.failures()).allMatch(failure -> failure.matches(OF_TIME), "a matter of time alone");
        assertThat(run.done()).isEqualTo(run.size());
    }
}
