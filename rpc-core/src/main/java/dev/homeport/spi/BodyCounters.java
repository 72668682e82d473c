package dev.homeport.spi;

import io.grpc.Attributes;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Which technique carried how many messages of one connection, each way, and what was declined. Kept by the
 * connection for as long as it lives; any thread may read it at any time and disturbs nobody. Every call of the
 * local route carries its connection's in its attributes, on both sides:
 *
 * <pre>{@code
 * BodyCounters bodies = call.getAttributes().get(BodyCounters.ATTRIBUTE);
 * long direct = bodies.sent(Technique.DIRECT).bytes();
 * }</pre>
 */
public final class BodyCounters {
    /** Key in the attributes of a {@code ClientCall} or {@code ServerCall}; absent on the remote route. */
    public static final Attributes.Key<BodyCounters> ATTRIBUTE = Attributes.Key.create("dev.homeport.bodies");

    private static final String NOTHING_DECLINED = "nothing was declined";
    private static final int TECHNIQUES = Technique.values().length;
    private static final int REASONS = DeclineReason.values().length;

    private final Tally[] sent = tallies();
    private final Tally[] received = tallies();
    private final AtomicLongArray declined = new AtomicLongArray(TECHNIQUES * REASONS);
    private final AtomicReferenceArray<@Nullable String> lastDeclines = new AtomicReferenceArray<>(TECHNIQUES);
    private volatile String lastDecline = NOTHING_DECLINED;

    /**
     * What went one way by one technique.
     *
     * @param messages how many
     * @param bytes of those messages, without frames
     */
    public record Count(long messages, long bytes) {}

    private static final class Tally {
        final LongAdder messages = new LongAdder();
        final LongAdder bytes = new LongAdder();

        Count count() {
            return new Count(messages.sum(), bytes.sum());
        }
    }

    private static Tally[] tallies() {
        Tally[] made = new Tally[TECHNIQUES];
        for (int i = 0; i < made.length; i++) {
            made[i] = new Tally();
        }
        return made;
    }

    /** Messages that this side sent. */
    public Count sent(Technique technique) {
        return sent[technique.ordinal()].count();
    }

    /** Messages that this side received. */
    public Count received(Technique technique) {
        return received[technique.ordinal()].count();
    }

    /** How often a technique declined a message of this side, by reason; only reasons that occurred. */
    public Map<DeclineReason, Long> declined(Technique technique) {
        Map<DeclineReason, Long> reasons = new EnumMap<>(DeclineReason.class);
        for (DeclineReason reason : DeclineReason.values()) {
            long count = declined.get(technique.ordinal() * REASONS + reason.ordinal());
            if (count > 0) {
                reasons.put(reason, count);
            }
        }
        return reasons;
    }

    /** The last decline with its numbers, in words for a log. */
    public String lastDecline() {
        return lastDecline;
    }

    /** The last decline by that technique, in the same words. */
    public String lastDecline(Technique technique) {
        String last = lastDeclines.get(technique.ordinal());
        return last == null ? NOTHING_DECLINED : last;
    }

    /** For the call engine: a message has left, or waits to leave, by this technique. */
    public void countSent(Technique technique, int lengthBytes) {
        Tally tally = sent[technique.ordinal()];
        tally.messages.increment();
        tally.bytes.add(lengthBytes);
    }

    /** For the call engine: a message has come by this technique. */
    public void countReceived(Technique technique, int lengthBytes) {
        Tally tally = received[technique.ordinal()];
        tally.messages.increment();
        tally.bytes.add(lengthBytes);
    }

    /** For the transport: a technique does not take a message. */
    public void countDeclined(Technique technique, DeclineReason reason, String detail) {
        declined.getAndIncrement(technique.ordinal() * REASONS + reason.ordinal());
        String words = technique + " declined, " + reason + ": " + detail;
        lastDeclines.set(technique.ordinal(), words);
        lastDecline = words;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("bodies[");
        for (Technique technique : Technique.values()) {
            text.append(technique).append(" sent ").append(sent(technique)).append(" received ")
                    .append(received(technique)).append(" declined ").append(declined(technique)).append("; ");
        }
        return text.append("last: ").append(lastDecline).append(']').toString();
    }
}
