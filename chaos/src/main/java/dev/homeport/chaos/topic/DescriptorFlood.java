package dev.homeport.chaos.topic;

import dev.homeport.chaos.Run;
import dev.homeport.chaos.Topic;
import dev.homeport.chaos.process.EchoServer;
import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.PortSearcher;
import dev.homeport.lpc.port.SetupClient;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.Poll;
import dev.homeport.lpc.syscall.ReceivedMessage;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.process.Jvm;
import dev.homeport.testkit.process.ProcSnapshot;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A client that set up a connection as it must, and then sends descriptors nobody asked for beside bytes that mean
 * something or nothing: the server closes them all, and its neighbour calls on.
 */
public final class DescriptorFlood implements Topic {
    private static final int SETTLED = 40;
    /** Threads of the server that may have a message in hand when we look. */
    private static final int READERS = 4;
    private static final int LOOK_EVERY = 5_000;
    private static final int MAX_BYTES = 20;
    private static final long SECTION_TAG = 0x54434553L;

    @Override
    public String trials() {
        return "messages with 1 to 253 descriptors";
    }

    @Override
    public long fullSize() {
        return 1_000_000;
    }

    @Override
    public long shortSize() {
        return 5_000;
    }

    @Override
    public void run(Run run) throws Exception {
        String name = "chaos-descriptors-" + ProcessHandle.current().pid();
        int file = Descriptors.openNoFollow("/dev/null", Descriptors.O_RDWR, 0);
        try (Jvm server = Jvm.start(EchoServer.class, name)) {
            server.awaitLine(EchoServer.LISTENING);
            try (Neighbour neighbour = new Neighbour(run, name)) {
                ProcSnapshot before = ProcSnapshot.of(server.pid());
                int most = 0;
                for (long trial = run.first(); trial < run.end(); ) {
                    try (Endpoint hostile = connect(name)) {
                        long next = Math.min(run.end(), trial + LOOK_EVERY);
                        while (trial < next && send(run, hostile, file, trial)) {
                            trial++;
                            run.done(1);
                        }
                        most = Math.max(most, ProcSnapshot.of(server.pid()).descriptorCount());
                    }
                    neighbour.callFor(Neighbour.DURING, TimeUnit.MILLISECONDS.toNanos(20));
                }
                Wait.until("all are closed", () ->
                        ProcSnapshot.of(server.pid()).descriptorCount() <= before.descriptorCount());
                run.fact("descriptors of the server " + before.descriptorCount() + " before and after, at most " + most);
                if (most > before.descriptorCount() + SETTLED + READERS * ReceivedMessage.MAX_DESCRIPTORS) {
                    run.fail("descriptors pile up: before=" + before.descriptorCount() + ", most=" + most);
                }
            }
        } finally {
            Descriptors.close(file);
        }
    }

    private static Endpoint connect(String name) throws IOException {
        if (PortSearcher.find(new PortQuery.ByName(name, -1)) instanceof PortSearch.Found found) {
            Setup setup = new Setup("hostile", "", "", 8192, 65536, true, TimeUnit.SECONDS.toNanos(5));
            return SetupClient.open(found.port(), setup);
        }
        throw new IOException("the server is not there: " + name);
    }

    /** Returns false if the server has ended the connection, which is its right. */
    private static boolean send(Run run, Endpoint hostile, int file, long trial) {
        Random random = run.random(trial);
        int[] descriptors = new int[1 + random.nextInt(ReceivedMessage.MAX_DESCRIPTORS)];
        Arrays.fill(descriptors, file);
        byte[] bytes = new byte[1 + random.nextInt(MAX_BYTES)];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
            for (int i = 0; i < Math.min(4, bytes.length); i++) {
                bytes[i] = (byte) (SECTION_TAG >>> 8 * i);
            }
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Wait.LIMIT_SECONDS);
        while (true) {
            int sent = Messages.send(hostile.pairDescriptor(), bytes, 0, bytes.length, descriptors);
            if (sent >= 0) {
                return true;
            }
            if (sent != -Errno.EAGAIN || System.nanoTime() - deadline > 0) {
                return false;
            }
            Poll.await(hostile.pairDescriptor(), Poll.OUT, TimeUnit.MILLISECONDS.toNanos(10));
        }
    }
}
