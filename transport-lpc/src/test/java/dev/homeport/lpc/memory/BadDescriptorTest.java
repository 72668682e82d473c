package dev.homeport.lpc.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.homeport.lpc.OpenThings;
import dev.homeport.lpc.memory.BadDescriptor.Kind;
import dev.homeport.lpc.syscall.BadDescriptors;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.EventFd;
import dev.homeport.lpc.syscall.Memfd;
import dev.homeport.lpc.syscall.SocketPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of descriptor that a hostile or broken peer may send is refused, and nothing stays open or mapped. */
class BadDescriptorTest {
    /** A share; {@code -Dcampaign.descriptors=1000} is the whole. */
    private static final int REPEATS = Integer.getInteger("campaign.descriptors", 100);
    private static final int QUEUE_BYTES = OutboxLayout.DEFAULT_QUEUE_BYTES;
    private static final long SIZE_BYTES = OutboxLayout.outboxBytes(QUEUE_BYTES);

    private static Outbox own;

    @TempDir
    Path directory = Path.of("");

    @BeforeAll
    static void open() throws IOException {
        own = Outbox.create(QUEUE_BYTES);
    }

    @AfterAll
    static void close() {
        own.close();
    }

    @Test
    void socket() {
        refused(Kind.NOT_A_FILE, () -> {
            SocketPair pair = SocketPair.create();
            Descriptors.close(pair.second());
            return pair.first();
        });
    }

    @Test
    void pipe() throws Exception {
        Path pipe = directory.resolve("pipe");
        Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
        assumeTrue(made.waitFor() == 0);
        refused(Kind.NOT_A_FILE, () -> Descriptors.openNoFollow(
                pipe.toString(), Descriptors.O_RDONLY | Descriptors.O_NONBLOCK, 0));
    }

    @Test
    void eventCounter() {
        refused(Kind.NOT_A_FILE, EventFd::create);
    }

    @Test
    void directory() {
        refused(Kind.NOT_A_FILE, () -> Descriptors.openNoFollow(directory.toString(), Descriptors.O_RDONLY, 0));
    }

    @Test
    void device() {
        refused(Kind.NOT_A_FILE, () -> Descriptors.openNoFollow("/dev/zero", Descriptors.O_RDWR, 0));
    }

    @Test
    void regularFile() throws Exception {
        Path file = Files.write(directory.resolve("file"), new byte[(int) SIZE_BYTES]);
        refused(Kind.NOT_PLAIN_MEMORY, Kind.NOT_SEALED, () -> Descriptors.openNoFollow(
                file.toString(), Descriptors.O_RDWR, 0));
    }

    @Test
    void pathOnly() throws Exception {
        Path file = Files.write(directory.resolve("file"), new byte[(int) SIZE_BYTES]);
        refused(Kind.NOT_PLAIN_MEMORY, Kind.NOT_OPEN, () -> BadDescriptors.pathOnly(file.toString()));
    }

    @Test
    void unsealed() {
        refused(Kind.NOT_SEALED, () -> memory(SIZE_BYTES, 0));
    }

    @Test
    void neverToBeSealed() {
        refused(Kind.NOT_SEALED, () -> filled(BadDescriptors.unsealable("bad"), SIZE_BYTES, 0));
    }

    @Test
    void oneSealMissing() {
        for (int seal = 1; seal <= SealedMemory.SEALS; seal <<= 1) {
            int seals = SealedMemory.SEALS & ~seal;
            if (seals != SealedMemory.SEALS) {
                refused(Kind.NOT_SEALED, () -> memory(SIZE_BYTES, seals));
            }
        }
    }

    @Test
    void tooSmall() {
        refused(Kind.WRONG_SIZE, () -> memory(SIZE_BYTES - 1, SealedMemory.SEALS));
        refused(Kind.WRONG_SIZE, () -> memory(0, SealedMemory.SEALS));
    }

    @Test
    void tooLarge() {
        refused(Kind.WRONG_SIZE, () -> memory(SIZE_BYTES + 1, SealedMemory.SEALS));
    }

    @Test
    void sparse() {
        refused(Kind.SPARSE, () -> {
            int file = Memfd.create("bad");
            Memfd.truncate(file, SIZE_BYTES);
            Memfd.addSeals(file, SealedMemory.SEALS);
            return file;
        });
    }

    @Test
    void closed() {
        refused(Kind.NOT_OPEN, () -> -1);
        refused(Kind.NOT_OPEN, () -> 1_000_000_000);
    }

    @Test
    void hugePages() {
        int probe = BadDescriptors.huge("bad");
        assumeTrue(probe >= 0);
        Descriptors.close(probe);
        refused(Kind.NOT_PLAIN_MEMORY, () -> {
            int file = BadDescriptors.huge("bad");
            Memfd.addSeals(file, SealedMemory.SEALS);
            return file;
        });
    }

    @Test
    void writeOnly() {
        refused(Kind.NOT_READABLE, () -> {
            int readWrite = memory(SIZE_BYTES, 0);
            int writeOnly = BadDescriptors.reopen(readWrite, Descriptors.O_WRONLY);
            assertThat(writeOnly).isNotNegative();
            Memfd.addSeals(readWrite, SealedMemory.SEALS);
            Descriptors.close(readWrite);
            return writeOnly;
        });
    }

    @Test
    void ourOwnSentBack() {
        refused(Kind.OUR_OWN, () -> Descriptors.duplicate(own.descriptor()));
    }

    @Test
    void noOutboxInside() {
        refused(Kind.WRONG_MAGIC, () -> memory(SIZE_BYTES, SealedMemory.SEALS));
    }

    @Test
    void sizeThatNoQueueHas() {
        BadDescriptor refusal =
                catchThrowableOfType(BadDescriptor.class, () -> PeerOutbox.map(own.descriptor(), -1, own));
        assertThat(refusal.kind()).isEqualTo(Kind.WRONG_SIZE);
    }

    private static int memory(long sizeBytes, int seals) {
        return filled(Memfd.create("bad"), sizeBytes, seals);
    }

    private static int filled(int file, long sizeBytes, int seals) {
        if (sizeBytes > 0) {
            assertThat(Memfd.allocate(file, sizeBytes)).isZero();
        }
        if (seals != 0) {
            assertThat(Memfd.addSeals(file, seals)).isZero();
        }
        return file;
    }

    private static void refused(Kind kind, Source source) {
        refused(kind, kind, source);
    }

    private static void refused(Kind kind, Kind orKind, Source source) {
        OpenThings before = OpenThings.now();
        for (int i = 0; i < REPEATS; i++) {
            int descriptor = source.open();
            BadDescriptor refusal = catchThrowableOfType(
                    BadDescriptor.class, () -> PeerOutbox.map(descriptor, QUEUE_BYTES, own));
            assertThat(refusal).isNotNull();
            assertThat(refusal.kind()).as(refusal.getMessage()).isIn(kind, orKind);
            if (descriptor >= 0) {
                Descriptors.close(descriptor);
            }
        }
        assertThat(OpenThings.now()).isEqualTo(before);
    }

    private interface Source {
        int open();
    }
}
