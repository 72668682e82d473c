package dev.homeport.bench.load;

import dev.homeport.bench.rival.Endpoints;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * R: what the remote route takes in proportion to bare grpc-netty, to a fraction of what the machine moves between two
 * runs: in slices of some ten milliseconds that take turns, in an order that is drawn. Each block of pairs has
 * connections of its own.
 */
public final class RemoteBesideBare implements Load {
    public static final String KIND = "kind";
    /** One blocking caller. */
    public static final String CALLER = "caller";
    /** 64 outstanding asynchronous calls. */
    public static final String OUTSTANDING = "outstanding";
    /** What stands beside bare grpc-netty. */
    public static final String SUBJECT = "subject";
    public static final String REMOTE = "remote";
    /** A second channel of grpc-netty: shows what the measurement itself makes of no difference. */
    public static final String BARE = "bare";

    /** What it takes more than bare grpc-netty, in percent. */
    public static final String MORE = "more_percent";
    /** The ends of its 95 % confidence interval. */
    public static final String MORE_LOW = "more_percent_low";
    public static final String MORE_HIGH = "more_percent_high";
    public static final String PAIRS = "pairs";

    private static final int BYTES = 32;
    private static final int LANES = 64;
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long BLOCK_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);
    /** Slices of each side that a block leaves out. */
    private static final int SETTLING_SLICES = 3;
    private static final double PERCENT = 100;

    /** What is run for a slice; tells its calls per second. */
    @FunctionalInterface
    private interface Slice {
        double perSecond() throws Exception;
    }

    @Override
    public Figures run(Subject subject, Parameters parameters, long nanos) throws Exception {
        PairedSubject both = subject.paired();
        GrpcSubject beside = parameters.text(SUBJECT).equals(BARE) ? both.bare() : both.remote();
        String kind = parameters.text(KIND);
        RandomGenerator random = new SplittableRandom();
        List<double[]> blocks = new ArrayList<>();
        long start = System.nanoTime();
        do {
            blocks.add(block(beside, both.bare(), kind, random));
        } while (System.nanoTime() - start < nanos);
        RatioEstimate estimate = RatioEstimate.of(blocks, random);
        return new Figures()
                .put(MORE, PERCENT * (estimate.median() - 1))
                .put(MORE_LOW, PERCENT * (estimate.low() - 1))
                .put(MORE_HIGH, PERCENT * (estimate.high() - 1))
                .put(PAIRS, estimate.pairs());
    }

    /** The time that each pair's call took, in proportion to bare grpc-netty's. */
    private static double[] block(GrpcSubject beside, GrpcSubject bare, String kind, RandomGenerator random)
            throws Exception {
        // Who connects first gets the other event loop.
        boolean isBareFirst = random.nextBoolean();
        ManagedChannel first = (isBareFirst ? bare : beside).openReady(null);
        try {
            ManagedChannel second = (isBareFirst ? beside : bare).openReady(null);
            try {
                return ratios(
                        slice(isBareFirst ? second : first, kind), slice(isBareFirst ? first : second, kind), random);
            } finally {
                Endpoints.close(second);
            }
        } finally {
            Endpoints.close(first);
        }
    }

    private static double[] ratios(Slice beside, Slice bare, RandomGenerator random) throws Exception {
        for (int i = 0; i < SETTLING_SLICES; i++) {
            beside.perSecond();
            bare.perSecond();
        }
        List<Double> ratios = new ArrayList<>();
        long start = System.nanoTime();
        while (System.nanoTime() - start < BLOCK_NANOS) {
            boolean isBareFirst = random.nextBoolean();
            double one = (isBareFirst ? bare : beside).perSecond();
            double other = (isBareFirst ? beside : bare).perSecond();
            // More calls in the same time are less time for a call.
            ratios.add(isBareFirst ? one / other : other / one);
        }
        return ratios.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static Slice slice(ManagedChannel channel, String kind) {
        return switch (kind) {
            case CALLER -> {
                Subject.Call call = GrpcSubject.caller(channel, BYTES);
                yield () -> OneCaller.run(call, SLICE_NANOS).get(Figures.PER_SECOND);
            }
            case OUTSTANDING -> () -> Lane.runAll(Collections.nCopies(LANES, channel), false, SLICE_NANOS)
                    .get(Figures.PER_SECOND);
            default -> throw new IllegalArgumentException("unknown kind: " + kind);
        };
    }
}
