package dev.homeport.spi;

import io.grpc.Attributes;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
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

    /** Messages and bytes of each technique, beside each other: few cache lines for each of a thousand connections. */
    private final AtomicLongArray sent = new AtomicLongArray(2 * TECHNIQUES);
    private final AtomicLongArray received = new AtomicLongArray(2 * TECHNIQUES);
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

    /** Messages that this side sent. */
    public Count sent(Technique technique) {
        return count(sent, technique);
    }

    /** Messages that this side received. */
    public Count received(Technique technique) {
        return count(received, technique);
    }

    private static Count count(AtomicLongArray tally, Technique technique) {
        int at = 2 * technique.ordinal();
        return new Count(tally.getOpaque(at), tally.getOpaque(at + 1));
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
        int at = 2 * technique.ordinal();
        sent.getAndIncrement(at);
        sent.getAndAdd(at + 1, lengthBytes);
    }

    /** For the call engine, with the turn to read: a message has come by this technique. */
    public void countReceived(Technique technique, int lengthBytes) {
        int at = 2 * technique.ordinal();
        // One thread at a time, which sees what the one before did; an atomic addition takes five times as long.
        received.setOpaque(at, received.getPlain(at) + 1);
        received.setOpaque(at + 1, received.getPlain(at + 1) + lengthBytes);
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
