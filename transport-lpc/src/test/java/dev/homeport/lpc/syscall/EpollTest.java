package dev.homeport.lpc.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.lpc.OpenThings;
import org.junit.jupiter.api.Test;

class EpollTest {
    private static final long BOUND_NANOS = 20_000_000_000L;

    @Test
    void eventsComeWithTheDataOfTheirDescriptor() {
        OpenThings before = OpenThings.now();
        int epoll = Epoll.create();
        int first = EventFd.create();
        int second = EventFd.create();
        EpollEvents events = new EpollEvents(8);

        assertThat(Epoll.add(epoll, first, Epoll.IN, 0x1122334455667788L)).isZero();
        assertThat(Epoll.add(epoll, second, Epoll.IN, -2)).isZero();
        assertThat(Epoll.await(epoll, events, 0)).isZero();

        EventFd.signal(second);
        assertThat(Epoll.await(epoll, events, BOUND_NANOS)).isEqualTo(1);
        assertThat(events.data(0)).isEqualTo(-2);
        assertThat(events.events(0)).isEqualTo(Epoll.IN);

        EventFd.signal(first);
        assertThat(Epoll.awaitMillis(epoll, events, BOUND_NANOS)).isEqualTo(2);
        assertThat(new long[] {events.data(0), events.data(1)}).containsExactlyInAnyOrder(0x1122334455667788L, -2);

        assertThat(EventFd.drain(first)).isEqualTo(8);
        assertThat(Epoll.remove(epoll, second)).isZero();
        assertThat(Epoll.await(epoll, events, 1_000)).isZero();
        Descriptors.close(first);
        Descriptors.close(second);
        Descriptors.close(epoll);
        assertThat(OpenThings.now()).isEqualTo(before);
    }

    @Test
    void oneShotIsArmedAgainByModify() {
        int epoll = Epoll.create();
        int event = EventFd.create();
        EpollEvents events = new EpollEvents(1);
        Epoll.add(epoll, event, Epoll.IN | Epoll.ONESHOT, 1);
        EventFd.signal(event);

        assertThat(Epoll.await(epoll, events, BOUND_NANOS)).isEqualTo(1);
        assertThat(Epoll.await(epoll, events, 1_000)).isZero();
        assertThat(Epoll.modify(epoll, event, Epoll.IN | Epoll.ONESHOT, 1)).isZero();
        assertThat(Epoll.await(epoll, events, BOUND_NANOS)).isEqualTo(1);
        Descriptors.close(event);
        Descriptors.close(epoll);
    }

    @Test
    void deathOfThePeerIsAnEventEvenIfNothingElseIsAskedFor() {
        int epoll = Epoll.create();
        SocketPair pair = SocketPair.create();
        Epoll.add(epoll, pair.first(), Epoll.RDHUP, 1);
        Descriptors.close(pair.second());
        EpollEvents events = new EpollEvents(1);

        assertThat(Epoll.await(epoll, events, BOUND_NANOS)).isEqualTo(1);
        assertThat(events.events(0) & Epoll.HUP).isNotZero();
        Descriptors.close(pair.first());
        Descriptors.close(epoll);
    }

    @Test
    void pollTellsOneDescriptor() {
        int event = EventFd.create();
        assertThat(Poll.await(event, Poll.IN, 1_000)).isZero();
        EventFd.signal(event);
        assertThat(Poll.await(event, Poll.IN | Poll.OUT, BOUND_NANOS)).isEqualTo(Poll.IN | Poll.OUT);
        Descriptors.close(event);
    }
}
