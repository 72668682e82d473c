package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.homeport.call.Connection;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.DeclineReason;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.Technique;
import io.grpc.Channel;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A process to which the kernel gives no more memory while its calls run: a file may not grow as large as a section
 * (EFBIG from {@code fallocate}), or its address space is at its limit (ENOMEM from {@code mmap}). The section is
 * declined with that reason, the message goes by the next technique inside its call, and nothing is left behind.
 */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class NoMemoryTest {
    /** With little compiled code, whose memory would be asked for at any time. */
    private static final List<String> OPTIONS = List.of(
            "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC");

    private static final int KIB = 1024;
    private static final int SMALL = 300 * KIB;
    /** What a process may still map that is at the limit of its address space: a thread's stack, not a section. */
    private static final long ROOM_BYTES = 24L * KIB * KIB;
    /** Its section has 128 MiB. */
    private static final int LARGE = 40 * KIB * KIB;

    private static final long BOUND_SECONDS = 30;

    private final String name = "memory-" + ProcessHandle.current().pid() + "-" + System.nanoTime();

    @BeforeEach
    void limitsCanBeSet() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "prlimit of util-linux is missing");
    }

    private static ChildJvm start(String role, String name, int directFrom) throws Exception {
        ChildJvm child = ChildJvm.start(OPTIONS, StarvedEcho.class, role, name, Integer.toString(directFrom));
        assertThat(child.line()).startsWith("ready");
        return child;
    }

    private static String ask(ChildJvm child, String what) throws Exception {
        child.tell(what);
        return child.line();
    }

    /** The soft limit only, which may be raised again. */
    private static void limit(ChildJvm child, String resource, String soft) throws Exception {
        Process prlimit = new ProcessBuilder(
                        "prlimit", "--pid", Integer.toString(child.pid()), "--" + resource + "=" + soft + ":")
                .inheritIO()
                .start();
        assertThat(prlimit.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(prlimit.exitValue()).isZero();
    }

    private static void limitAddressSpace(ChildJvm child) throws Exception {
        long mappedKib = Files.readAllLines(Path.of("/proc", Integer.toString(child.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmSize:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
        limit(child, "as", Long.toString(mappedKib * KIB + ROOM_BYTES));
    }

    /** Has calls made until what the child tells has that in it. */
    private static String callUntil(ChildJvm child, String has, Call call) throws Exception {
        long deadline = deadline();
        String told;
        do {
            assertThat(call.make()).isEqualTo("ok");
            told = ask(child, "tell");
        } while (!told.contains(has) && System.nanoTime() - deadline < 0);
        assertThat(told).contains(has);
        return told;
    }

    private static long deadline() {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS);
    }

    private interface Call {
        String make() throws Exception;
    }

    private static String open(String told) {
        return told.substring(told.indexOf("OpenThings"));
    }

    /** What was begun by the last call may still be going. */
    private static void assertHoldsNoMoreThan(String before, ChildJvm child) throws Exception {
        long deadline = deadline();
        String now = open(ask(child, "tell"));
        while (!now.equals(open(before)) && System.nanoTime() - deadline < 0) {
            now = open(ask(child, "tell"));
        }
        assertThat(now).isEqualTo(open(before));
    }

    /** Without direct, and with it: what serves instead is another. */
    @ParameterizedTest
    @CsvSource({"0, fragments=", "999999999, direct="})
    void clientWithoutMemoryForASectionSendsAnotherWay(int directFrom, String servedBy) throws Exception {
        AtomicReference<Connection> accepted = new AtomicReference<>();
        try (Publication published = Echo.publish(name, Echo.settings(directFrom), accepted);
                ChildJvm client = start("client", name, directFrom)) {
            assertThat(published.names()).hasSize(1);
            BodyCounters replies = accepted.get().port().bodies();
            long deadline = deadline();
            while (replies.sent(Technique.SECTION).messages() == 0 && System.nanoTime() - deadline < 0) {
                assertThat(ask(client, "down " + SMALL)).isEqualTo("ok");
            }
            assertThat(replies.sent(Technique.SECTION).messages()).isPositive();
            String before = ask(client, "tell");
            limit(client, "fsize", "65536");

            String told = callUntil(client, "NO_MEMORY", () -> ask(client, "up " + SMALL));

            assertThat(told).contains("sections=0 ", "fallocate gives EFBIG").doesNotContain(servedBy + "0 ");
            assertHoldsNoMoreThan(before, client);
            limit(client, "fsize", "unlimited");
            callUntil(client, "sections=1 ", () -> ask(client, "up " + SMALL));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, fragments=", "999999999, direct="})
    void serverWithoutMemoryForASectionAnswersAnotherWay(int directFrom, String servedBy) throws Exception {
        try (ChildJvm server = start("server", name, directFrom)) {
            Connection connection = Echo.connect(name, Echo.settings(directFrom));
            Channel channel = Echo.channelOn(connection);
            StarvedEcho.warmUp(channel);
            String before = ask(server, "tell");
            limit(server, "fsize", "65536");

            String told = callUntil(server, "NO_MEMORY", () -> StarvedEcho.down(channel, SMALL));

            assertThat(told).contains("sections=0 ", "fallocate gives EFBIG").doesNotContain(servedBy + "0 ");
            assertHoldsNoMoreThan(before, server);
            limit(server, "fsize", "unlimited");
            callUntil(server, "sections=1 ", () -> StarvedEcho.down(channel, SMALL));
            connection.shutdownNow(Status.CANCELLED);
        }
    }

    /** Neither a section nor memory to lend can be mapped. */
    @Test
    void clientAtTheLimitOfItsAddressSpaceSendsInFragments() throws Exception {
        int directFrom = 999_999_999;
        try (Publication published = Echo.publish(name, Echo.settings(directFrom), new AtomicReference<>());
                ChildJvm client = start("client", name, directFrom)) {
            assertThat(published.names()).hasSize(1);
            String before = ask(client, "tell");
            limitAddressSpace(client);

            String told = callUntil(client, "NO_MEMORY=1} directDeclined={NO_MEMORY=", () -> ask(client, "up " + LARGE));

            assertThat(told).contains("sections=0 ").doesNotContain("fragments=0 ");
            assertHoldsNoMoreThan(before, client);
            limit(client, "as", "unlimited");
            callUntil(client, "sections=1 ", () -> ask(client, "up " + LARGE));
        }
    }

    @Test
    void serverAtTheLimitOfItsAddressSpaceAnswersInFragments() throws Exception {
        try (ChildJvm server = start("server", name, 0)) {
            Connection connection = Echo.connect(name, Echo.settings(0));
            Channel channel = Echo.channelOn(connection);
            StarvedEcho.warmUp(channel);
            String before = ask(server, "tell");
            limitAddressSpace(server);

            String told = callUntil(server, "NO_MEMORY", () -> StarvedEcho.down(channel, LARGE));

            assertThat(told).contains("sections=0 ", "mmap gives ENOMEM").doesNotContain("fragments=0 ");
            assertHoldsNoMoreThan(before, server);
            connection.shutdownNow(Status.CANCELLED);
        }
    }

    /** The section is whole, its reader has no room for it: that is refused, and no fault of the writer. */
    @Test
    void serverThatCannotMapASectionIsSentFragments() throws Exception {
        try (ChildJvm server = start("server", name, 0)) {
            Connection connection = Echo.connect(name, Echo.settings(0));
            Channel channel = Echo.channelOn(connection);
            StarvedEcho.warmUp(channel);
            String before = ask(server, "tell");
            OpenThings ownBefore = OpenThings.now();
            limitAddressSpace(server);

            callUntilRefused(connection.port().bodies(), () -> StarvedEcho.up(channel, LARGE));

            assertHoldsNoMoreThan(before, server);
            assertThat(OpenThings.now()).isEqualTo(ownBefore);
            assertThat(StarvedEcho.up(channel, LARGE)).isEqualTo("ok");
            connection.shutdownNow(Status.CANCELLED);
        }
    }

    @Test
    void clientThatCannotMapASectionIsAnsweredInFragments() throws Exception {
        AtomicReference<Connection> accepted = new AtomicReference<>();
        try (Publication published = Echo.publish(name, Echo.settings(0), accepted);
                ChildJvm client = start("client", name, 0)) {
            assertThat(published.names()).hasSize(1);
            String before = ask(client, "tell");
            OpenThings ownBefore = OpenThings.now();
            limitAddressSpace(client);

            callUntilRefused(accepted.get().port().bodies(), () -> ask(client, "down " + LARGE));

            assertHoldsNoMoreThan(before, client);
            assertThat(OpenThings.now()).isEqualTo(ownBefore);
            assertThat(ask(client, "down " + LARGE)).isEqualTo("ok");
        }
    }

    private static void callUntilRefused(BodyCounters writer, Call call) throws Exception {
        long deadline = deadline();
        while (!writer.declined(Technique.SECTION).containsKey(DeclineReason.PEER_REFUSED)
                && System.nanoTime() - deadline < 0) {
            assertThat(call.make()).isEqualTo("ok");
        }
        assertThat(writer.declined(Technique.SECTION)).containsKey(DeclineReason.PEER_REFUSED);
        assertThat(writer.sent(Technique.SECTION).messages()).isZero();
        assertThat(writer.sent(Technique.FRAGMENTS).messages()).isPositive();
    }
}
