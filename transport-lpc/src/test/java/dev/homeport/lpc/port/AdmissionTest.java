package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.lpc.OpenThings;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import io.netty.channel.Channel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may not connect is told so, before anything it sent is read. */
class AdmissionTest {
    private static final int OTHER_UID = 12_345;

    @TempDir
    static Path directory = Path.of("");

    @BeforeEach
    void threadsAreThere() throws Exception {
        new Ports(directory).publish("warm").close();
        SetupServer.shared();
    }

    @Test
    void userWhoIsNotOnTheListIsRefused() throws Exception {
        assertRefused(new PortRules(Ports.SERVER, Set.of(OTHER_UID), Endpoint::close), "NOT_ALLOWED");
    }

    @Test
    void closedPortSaysThatItShutsDown() throws Exception {
        PortRules rules = new PortRules(Ports.SERVER, Set.of(Ports.OWN_UID), Endpoint::close);
        rules.close();
        assertRefused(rules, "SHUTTING_DOWN");
    }

    @Test
    void pathThatCannotBeBoundLeavesNoSocketBehind() {
        PortRules rules = new PortRules(Ports.SERVER, Set.of(Ports.OWN_UID), Endpoint::close);
        OpenThings before = OpenThings.now();
        assertThatThrownBy(() -> AcceptLoop.listen(directory.resolve("none/port.sock"), rules))
                .isInstanceOf(java.io.IOException.class)
                .hasMessageContaining("cannot listen at");
        assertThat(Ports.eventually(() -> OpenThings.now().equals(before))).isTrue();
    }

    private static void assertRefused(PortRules rules, String refusal) throws Exception {
        OpenThings before = OpenThings.now();
        Path path = directory.resolve("port.sock");
        Channel channel = AcceptLoop.listen(path, rules);
        ConnectionPort port = new ConnectionPort("port", path.toString(), Ports.OWN_UID, Ports.OWN_PID);
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> SetupClient.open(port, Ports.CLIENT)).hasMessageContaining(refusal);
        }
        AcceptLoop.close(channel);
        Files.deleteIfExists(path);
        assertThat(Ports.eventually(() -> OpenThings.now().equals(before)))
                .as("before %s, after %s", before, OpenThings.now())
                .isTrue();
    }

    @Test
    void limitCountsPerUserAndGivesBack() {
        UidLimit limit = new UidLimit(2);
        assertThat(limit.tryTake(1)).isTrue();
        assertThat(limit.tryTake(1)).isTrue();
        assertThat(limit.tryTake(1)).isFalse();
        assertThat(limit.tryTake(2)).isTrue();
        limit.giveBack(1);
        assertThat(limit.count(1)).isEqualTo(1);
        assertThat(limit.tryTake(1)).isTrue();
        limit.giveBack(1);
        limit.giveBack(1);
        assertThat(limit.count(1)).isZero();
    }
}
