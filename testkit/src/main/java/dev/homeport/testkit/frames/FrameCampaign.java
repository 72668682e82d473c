package dev.homeport.testkit.frames;

import dev.homeport.testkit.frames.EngineSubject.Side;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Mutated conversations, one after the other, each against a new side of a connection. Each conversation has a seed of
 * its own, the campaign's and its number added, so that one that fails can be run alone. Used by one thread.
 */
public final class FrameCampaign {
    private static final long HANG_NANOS = 1_000_000_000;
    /** Of so many conversations, one has a peer that reads nothing. */
    private static final int DEAF_PEERS = 8;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Side side;
    private final long seed;
    private long frames;
    private long conversations;
    private long violations;
    private long slowestNanos;

    /** A campaign by hand: {@code FrameCampaign <side> <frames> [seed]}. */
    public static void main(String[] arguments) {
        long seed = arguments.length > 2 ? Long.parseLong(arguments[2]) : System.nanoTime();
        FrameCampaign campaign = new FrameCampaign(Side.valueOf(arguments[0]), seed);
        try (Faults faults = new Faults()) {
            try {
                campaign.run(Long.parseLong(arguments[1]));
            } finally {
                System.out.println(campaign + ", faults=" + faults.seen());
            }
        }
    }

    /** @param seed of the first conversation */
    public FrameCampaign(Side side, long seed) {
        this.side = side;
        this.seed = seed;
    }

    /** Runs until a side has taken so many frames. */
    public void run(long wantedFrames) {
        while (frames < wantedFrames) {
            runOne(seed + conversations, true);
            conversations++;
        }
    }

    /** Runs so many conversations as they are: each must leave the connection open, or end it in good order. */
    public void runHonest(int count) {
        for (; conversations < count; conversations++) {
            String end = runOne(seed + conversations, false);
            if (!end.equals("open") && !end.equals("PEER_CLOSE: enough") && !end.equals("LOCAL_CLOSE: drained")) {
                throw new AssertionError("honest frames ended the connection: seed=" + (seed + conversations) + ", " + end);
            }
        }
    }

    private String runOne(long ownSeed, boolean mutated) {
        RandomGenerator random = new SplittableRandom(ownSeed);
        EngineSubject subject = new EngineSubject(side, !mutated || random.nextInt(DEAF_PEERS) != 0);
        List<byte[]> said = conversation(random, subject);
        if (mutated) {
            said = new FrameMutator(random).mutate(said, conversation(random, subject));
        }
        // Time of this thread only: others may have the processor for long.
        long begun = THREADS.getCurrentThreadCpuTime();
        long took;
        String end;
        try {
            for (byte[] frame : said) {
                frames += subject.feed(frame) ? 1 : 0;
            }
            took = THREADS.getCurrentThreadCpuTime() - begun;
            end = subject.end();
            subject.endAndCheck();
        } catch (RuntimeException | Error e) {
            throw new AssertionError("side=" + side + ", seed=" + ownSeed + ", end=" + subject.end(), e);
        }
        if (took > HANG_NANOS) {
            throw new AssertionError("side=" + side + ", seed=" + ownSeed + ", tookNanos=" + took);
        }
        slowestNanos = Math.max(slowestNanos, took);
        violations += end.startsWith("VIOLATION") ? 1 : 0;
        return end;
    }

    private List<byte[]> conversation(RandomGenerator random, EngineSubject subject) {
        return new Conversation(random, TextServices.names(), true).frames(side != Side.CLIENT, subject.ownCalls());
    }

    /** Conversations so far. */
    public long conversations() {
        return conversations;
    }

    /** Conversations that ended as violations. */
    public long violations() {
        return violations;
    }

    /** What was done, in one line. */
    @Override
    public String toString() {
        return "side=" + side + ", seed=" + seed + ", frames=" + frames + ", conversations=" + conversations
                + ", violations=" + violations + ", slowestMicros=" + slowestNanos / 1_000;
    }
}
