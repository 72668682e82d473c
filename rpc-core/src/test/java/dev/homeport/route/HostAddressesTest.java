package dev.homeport.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HostAddressesTest {
    private final AtomicInteger resolutions = new AtomicInteger();

    private HostAddresses resolvingTo(String... literals) {
        return new HostAddresses("orders", new HostAddresses.Resolver() {
            @Override
            public List<InetAddress> resolve(String host) throws IOException {
                resolutions.incrementAndGet();
                if (literals.length == 0) {
                    throw new UnknownHostException(host);
                }
                return List.of(literals).stream().map(InetAddress::ofLiteral).toList();
            }

            @Override
            public boolean isOurs(InetAddress address) {
                return address.isLoopbackAddress();
            }
        });
    }

    @Test
    void everyAddressMustBeOurs() {
        assertThat(resolvingTo("127.0.0.1", "::1").ask(0).isThisHost()).isTrue();

        HostAddresses.Answer mixed = resolvingTo("127.0.0.1", "192.0.2.7").ask(0);
        assertThat(mixed.isThisHost()).isFalse();
        assertThat(mixed.reason()).contains("192.0.2.7");
    }

    @Test
    void unknownHostIsNotOurs() {
        assertThat(resolvingTo().ask(0).reason()).contains("cannot be resolved");
    }

    @Test
    void answerIsRememberedForAWhile() {
        HostAddresses addresses = resolvingTo("127.0.0.1");

        addresses.ask(0);
        addresses.ask(HostAddresses.REMEMBERED_NANOS - 1);
        assertThat(resolutions).hasValue(1);

        addresses.ask(HostAddresses.REMEMBERED_NANOS);
        assertThat(resolutions).hasValue(2);
    }

    @Test
    void loopbackOfThisMachineIsOurs() {
        assertThat(new HostAddresses("127.0.0.1").ask(0).isThisHost()).isTrue();
    }
}
