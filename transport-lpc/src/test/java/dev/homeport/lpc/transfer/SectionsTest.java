package dev.homeport.lpc.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.lpc.OpenThings;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.OutboxLayout;
import dev.homeport.lpc.memory.Section;
import dev.homeport.lpc.syscall.Memfd;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ProtocolViolation;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Both ends of sections, with what a hostile peer may say of them. */
class SectionsTest {
    private static final int UID = 4_000_123;
    private static final long SIZE = 1 << 20;

    private final FakePathway ownPath = new FakePathway();
    private final FakePathway peerPath = new FakePathway();
    private final BodyCounters counters = new BodyCounters();
    private final OwnSections own = new OwnSections(ownPath, Runnable::run, UID, counters);
    private Outbox outbox;
    private PeerSections peer;
    private Section section;

    @BeforeEach
    void open() throws IOException {
        outbox = Outbox.create(OutboxLayout.MIN_QUEUE_BYTES);
        peer = new PeerSections(peerPath, outbox, UID);
        section = Section.create(SIZE);
    }

    @AfterEach
    void close() {
        peer.close();
        own.close();
        section.close();
        outbox.close();
        assertThat(UserBytes.taken(UID)).isZero();
    }

    private void announce() throws ProtocolViolation {
        peer.onAnnouncement(new Announcement(0, SIZE), section.descriptor());
    }

    @Test
    void announcedSectionIsConfirmedAndItsBlocksAreReleasedInAnyOrder() throws Exception {
        announce();
        InBody first = peer.open(0, 0, 1000);
        InBody second = peer.open(0, 1024, 5000);

        second.release();
        first.release();
        first.release();

        assertThat(peerPath.sent).containsExactly(
                new ControlRecord(ControlRecord.READY, 0, 0),
                new ControlRecord(ControlRecord.RELEASE, 0, 1024),
                new ControlRecord(ControlRecord.RELEASE, 0, 0));
        assertThat(peerPath.inside).isZero();
    }

    @Test
    void bodyOutOfBoundsIsAViolation() throws Exception {
        announce();
        long[][] bad = {{0, -1, 10}, {0, SIZE, 1}, {0, SIZE - 5, 6}, {0, Long.MAX_VALUE, 1}, {1, 0, 1}, {-1, 0, 1},
            {0, 0, 0}, {0, 0, -7}, {0, 0, SIZE + 1}, {0, Long.MIN_VALUE, 1}};
        for (long[] body : bad) {
            assertThatThrownBy(() -> peer.open((int) body[0], body[1], (int) body[2]))
                    .isInstanceOf(ProtocolViolation.class);
        }
        assertThat(peerPath.inside).isZero();
    }

    @Test
    void overlappingBodyIsAViolation() throws Exception {
        announce();
        InBody held = peer.open(0, 4096, 4096);

        for (long offset : new long[] {4096, 0, 8191, 5000}) {
            assertThatThrownBy(() -> peer.open(0, offset, 4097)).isInstanceOf(ProtocolViolation.class);
        }
        InBody behind = peer.open(0, 8192, 10);
        InBody before = peer.open(0, 0, 4096);
        before.release();
        behind.release();
        held.release();
    }

    @Test
    void sectionOutOfTurnOrBoundsIsAViolation() {
        for (Announcement bad : new Announcement[] {new Announcement(1, SIZE), new Announcement(-1, SIZE),
            new Announcement(0, 100), new Announcement(0, -1), new Announcement(0, Bounds.MAX_CONNECTION_BYTES + 1)}) {
            assertThatThrownBy(() -> peer.onAnnouncement(bad, section.descriptor()))
                    .isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void wrongDescriptorIsAViolationAndLeavesNothing() {
        OpenThings before = OpenThings.now();
        int unsealed = Memfd.create("unsealed");
        Memfd.allocate(unsealed, SIZE);

        assertThatThrownBy(() -> peer.onAnnouncement(new Announcement(0, SIZE), unsealed))
                .isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> peer.onAnnouncement(new Announcement(1, SIZE * 2), section.descriptor()))
                .isInstanceOf(ProtocolViolation.class);
        Descriptors.close(unsealed);

        assertThat(OpenThings.now()).isEqualTo(before);
    }

    @Test
    void userAtItsBoundIsRefusedAndTheNextWayServes() throws Exception {
        assertThat(UserBytes.tryTake(UID, Bounds.MAX_USER_BYTES)).isTrue();
        announce();
        UserBytes.giveBack(UID, Bounds.MAX_USER_BYTES);

        assertThat(peerPath.sent).containsExactly(new ControlRecord(ControlRecord.REFUSED, 0, 0));
        assertThatThrownBy(() -> peer.open(0, 0, 1)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void sectionInUseCannotBeGivenUp() throws Exception {
        announce();
        InBody held = peer.open(0, 0, 100);

        assertThatThrownBy(() -> peer.onGone(0)).isInstanceOf(ProtocolViolation.class);
        held.release();
        peer.onGone(0);
        assertThatThrownBy(() -> peer.onGone(0)).isInstanceOf(ProtocolViolation.class);
        assertThat(peer.totalBytes()).isZero();
    }

    @Test
    void firstMessageIsDeclinedAndASectionIsMadeForTheNext() throws Exception {
        assertThat(own.tryAllocate(100_000)).isNull();
        assertThat(counters.lastDecline()).contains("100000");
        own.onAnswer(0, true);

        OutBody body = own.tryAllocate(100_000);
        body.buffer().putInt(42);
        body.written();

        assertThat(body.buffer().remaining()).isEqualTo(100_000);
        assertThat(ownPath.inside).isZero();
        own.onRelease(body.section(), body.offset());
        assertThatThrownBy(() -> own.onRelease(body.section(), body.offset())).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void refusedSectionIsNotAskedForAgain() throws Exception {
        own.tryAllocate(100_000);
        own.onAnswer(0, false);

        assertThat(own.tryAllocate(100_000)).isNull();
        assertThat(counters.lastDecline()).contains("refused");
        assertThat(ownPath.announced).hasSize(1);
        assertThat(own.totalBytes()).isZero();
    }

    @Test
    void messageOverTheBoundIsDeclinedForGood() {
        assertThat(own.tryAllocate(Integer.MAX_VALUE - 200)).isNull();

        assertThat(counters.lastDecline()).contains("bound reached");
        assertThat(ownPath.announced).isEmpty();
    }

    @Test
    void answersAndReleasesOfNothingAreViolations() {
        assertThatThrownBy(() -> own.onAnswer(0, true)).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> own.onRelease(0, 0)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void announcementThatCannotBeSentLeavesNothing() {
        OpenThings before = OpenThings.now();
        ownPath.refusesAnnouncements = true;
        own.tryAllocate(100_000);

        assertThat(own.totalBytes()).isZero();
        assertThat(OpenThings.now()).isEqualTo(before);
    }

    @Test
    void closingConnectionDeclines() throws Exception {
        own.tryAllocate(100_000);
        own.onAnswer(0, true);
        ownPath.shut = true;

        assertThat(own.tryAllocate(100_000)).isNull();
    }

    @Test
    void idleMemoryIsGivenBackDownToItsBound() throws Exception {
        own.tryAllocate(20_000_000);
        own.onAnswer(0, true);
        long later = System.nanoTime() + 2 * Bounds.IDLE_NANOS;

        own.trim(later);

        assertThat(own.totalBytes()).isZero();
        assertThat(ownPath.sent).containsExactly(new ControlRecord(ControlRecord.GONE, 0, 0));
    }
}
