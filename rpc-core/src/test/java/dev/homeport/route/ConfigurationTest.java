package dev.homeport.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.RoutePolicy;
import dev.homeport.spi.BodySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
    private static final String TARGET = "dns:///orders:443";

    private static ConfigurationSource lenient(Map<String, String> settings) {
        return new ConfigurationSource("test", false, settings::get, settings::keySet);
    }

    private static Configuration of(ConfigurationSource... strongestFirst) {
        return new Configuration(List.of(strongestFirst));
    }

    @Test
    void strongestSourceThatSpeaksDecides() {
        Configuration configuration = of(
                lenient(Map.of()),
                lenient(Map.of("homeport.route", "remote")),
                lenient(Map.of("homeport.route.shop.Orders", "local", "homeport.route", "local")));

        assertThat(configuration.policy(TARGET)).isEqualTo(RoutePolicy.REMOTE);
        assertThat(configuration.policy(TARGET, "shop.Orders")).isEqualTo(RoutePolicy.REMOTE);
    }

    @Test
    void narrowestKeyOfASourceDecides() {
        Configuration configuration = of(lenient(Map.of(
                "homeport.route", "remote",
                "homeport.route." + TARGET, "auto",
                "homeport.route.shop.Orders", "local")));

        assertThat(configuration.policy("other")).isEqualTo(RoutePolicy.REMOTE);
        assertThat(configuration.policy(TARGET)).isEqualTo(RoutePolicy.AUTO);
        assertThat(configuration.policy(TARGET, "shop.Orders")).isEqualTo(RoutePolicy.LOCAL);
        assertThat(configuration.mayDifferByService()).isTrue();
    }

    @Test
    void nothingSaidIsTheDefault() {
        Configuration configuration = of(lenient(Map.of()));

        assertThat(configuration.policy(TARGET)).isEqualTo(RoutePolicy.AUTO);
        assertThat(configuration.mayDifferByService()).isFalse();
        assertThat(configuration.portName(TARGET)).isNull();
        assertThat(configuration.secureLocal()).isFalse();
        assertThat(configuration.connectWaitNanos()).isEqualTo(20_000_000);
        assertThat(configuration.lookupIntervalNanos()).isEqualTo(100_000_000);
    }

    @Test
    void techniquesAreConfiguredBySizesAndSwitches() {
        Configuration configuration = of(lenient(Map.of(
                "homeport.queue.below", "512",
                "homeport.direct.from", "8 MiB",
                "homeport.direct", "false",
                "homeport.direct.tracing", "true")));

        assertThat(configuration.bodies()).isEqualTo(new BodySettings(512, 8 << 20, false, true));
        assertThat(of(lenient(Map.of())).bodies()).isEqualTo(BodySettings.DEFAULTS);
        assertThat(of(lenient(Map.of("homeport.queue.below", "0", "homeport.direct.from", "2048 MiB"))).bodies())
                .isEqualTo(BodySettings.DEFAULTS);
    }

    @Test
    void builderMayNotSayNonsense() {
        Configuration configuration = of(ConfigurationSource.builder(Map.of("homeport.route", "sideways")));

        assertThatThrownBy(() -> configuration.policy(TARGET))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("homeport.route=sideways");
    }

    @Test
    void nonsenseFromOutsideIsPassedOver() {
        Configuration configuration = of(
                lenient(Map.of("homeport.route", "sideways", "homeport.connect.wait", "soon")),
                lenient(Map.of("homeport.route", "local", "homeport.connect.wait", "5 ms")));

        assertThat(configuration.policy(TARGET)).isEqualTo(RoutePolicy.LOCAL);
        assertThat(configuration.connectWaitNanos()).isEqualTo(5_000_000);
    }

    @Test
    void environmentSpellsKeysInCapitals() {
        Configuration configuration = of(ConfigurationSource.environment(Map.of(
                "HOMEPORT_ROUTE_DNS____ORDERS_443", "local", "HOMEPORT_NAME_DNS____ORDERS_443", "orders,uid=7")));

        assertThat(configuration.policy(TARGET)).isEqualTo(RoutePolicy.LOCAL);
        assertThat(configuration.portName(TARGET)).isEqualTo(new PortName("orders", 7));
        assertThat(configuration.mayDifferByService()).isTrue();
    }

    @Test
    void fileSpeaksLast(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(
                directory.resolve("homeport.properties"),
                "homeport.route=local\nhomeport.lookup.interval=1s\nhomeport.name.dns\\:///orders\\:443=orders\n");
        Configuration configuration = of(lenient(Map.of("homeport.route", "remote")), ConfigurationSource.file(file));

        assertThat(configuration.policy(TARGET)).isEqualTo(RoutePolicy.REMOTE);
        assertThat(configuration.lookupIntervalNanos()).isEqualTo(1_000_000_000);
        assertThat(configuration.portName(TARGET)).isEqualTo(new PortName("orders", PortName.OWN_UID));
    }

    @Test
    void portNamesAreNoPaths() {
        for (String bad : List.of("", "../x", "a/b", ".hidden", "a,uid=-3", "a,uid=x", "n".repeat(65))) {
            assertThatThrownBy(() -> PortName.parse(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
