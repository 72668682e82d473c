package dev.homeport.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetAddressTest {

    @ParameterizedTest
    @CsvSource({
        "localhost:50051, localhost, 50051",
        "orders, orders, 80",
        "127.0.0.1:1, 127.0.0.1, 1",
        "[::1]:50051, ::1, 50051",
        "dns:///orders:443, orders, 443",
        "dns://8.8.8.8/orders:443, orders, 443",
        "dns:orders:443, orders, 443",
        "ipv4:10.0.0.1:50051, 10.0.0.1, 50051",
        "ipv6:%5B::1%5D:50051, ::1, 50051",
        "passthrough:///localhost:9, localhost, 9",
    })
    void hostAndPortAreReadAsGrpcReadsThem(String target, String host, int port) {
        assertThat(TargetAddress.parse(target)).isEqualTo(new TargetAddress.ByTcp(host, port));
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix:///tmp/x", "xds:///orders", "ipv4:1.2.3.4:1,5.6.7.8:1", "localhost:0", "a b:/c"})
    void whatIsNotOneHostAndPortIsElsewhere(String target) {
        assertThat(TargetAddress.parse(target)).isInstanceOf(TargetAddress.Elsewhere.class);
    }

    @Test
    void lpcNamesAConnectionPort() {
        TargetAddress expected = new TargetAddress.ByName(new PortName("orders", PortName.OWN_UID));

        assertThat(TargetAddress.parse("lpc:orders")).isEqualTo(expected);
        assertThat(TargetAddress.parse("lpc:///orders")).isEqualTo(expected);
        assertThat(TargetAddress.isLpc("lpc:orders")).isTrue();
        assertThat(TargetAddress.isLpc("lpcorders:80")).isFalse();
    }

    @Test
    void lpcWithoutAProperNameIsRefused() {
        assertThatThrownBy(() -> TargetAddress.parse("lpc:///a/b")).isInstanceOf(IllegalArgumentException.class);
    }
}
