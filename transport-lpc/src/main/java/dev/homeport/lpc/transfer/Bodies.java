package dev.homeport.lpc.transfer;

import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.DeclineReason;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.Technique;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The large messages of one connection, and the one place that chooses how they travel: by section, direct, or, if
 * both decline, in their frames. Direct first from a length on, sections first below it; either serves for the
 * other. Any thread.
 */
public final class Bodies {
    /** How long to wait before looking again whether the server keeps out of memory that is to be freed. */
    private static final long FIRST_LOOK_NANOS = 1_000_000;
    private static final long LONGEST_LOOK_NANOS = 1_000_000_000;

    private final BodyTerms terms;
    private final BodyCounters counters = new BodyCounters();
    private final OwnSections ownSections;
    private final PeerSections peerSections;
    /** On the client's side, if direct was agreed. */
    private final @Nullable Lender lender;
    /** On the server's side, if direct was agreed. */
    private final @Nullable Borrower borrower;

    public Bodies(Pathway pathway, BodyTerms terms) {
        this.terms = terms;
        this.ownSections = new OwnSections(pathway, terms.background(), terms.peerUid(), counters);
        this.peerSections = new PeerSections(pathway, terms.outbox(), terms.peerUid());
        this.lender = terms.direct() && terms.space() == null ? new Lender(pathway, terms, counters) : null;
        this.borrower = terms.space() == null ? null : new Borrower(pathway, terms, terms.space(), counters);
    }

    public BodyCounters counters() {
        return counters;
    }

    // ---- going out ----

    /** Makes a section ahead of need, unless messages of that size go direct. */
    public void prepare(long sectionBytes) {
        if (!terms.direct() || sectionBytes < terms.directFromBytes()) {
            ownSections.prepare(sectionBytes);
        }
    }

    /** Messages longer than this do not go through the queue. */
    public int maxInlineBytes() {
        return terms.queueBelowBytes() - 1;
    }

    /** Space for a message, or null: it goes in fragments. */
    public @Nullable OutBody tryAllocate(int lengthBytes) {
        boolean directFirst = lengthBytes >= terms.directFromBytes();
        OutBody body = directFirst ? tryDirect(lengthBytes) : null;
        if (body == null) {
            body = ownSections.tryAllocate(lengthBytes);
        }
        if (body == null && !directFirst && lengthBytes >= Bounds.MIN_DIRECT_BYTES) {
            body = tryDirect(lengthBytes);
        }
        return body;
    }

    /** A server that may go direct asks for memory instead, see {@link #asksInstead}. */
    private @Nullable OutBody tryDirect(int lengthBytes) {
        if (!terms.direct()) {
            counters.countDeclined(Technique.DIRECT, DeclineReason.NOT_AGREED, terms.directRefusal());
        }
        return lender == null ? null : lender.tryLend(lengthBytes);
    }

    /** Messages of at least this length are asked for before a section is tried. */
    public int askFromBytes() {
        return borrower != null && borrower.isUsable() ? terms.directFromBytes() : Integer.MAX_VALUE;
    }

    /** Whether a message for which no section had room may be asked for. */
    public boolean asksInstead(int lengthBytes) {
        return borrower != null && borrower.isUsable() && lengthBytes >= Bounds.MIN_DIRECT_BYTES;
    }

    /** Asks the client for memory; the answer may be null. */
    public void ask(int lengthBytes, Consumer<@Nullable OutBody> answer) {
        if (borrower == null) {
            answer.accept(null);
        } else {
            borrower.wish(lengthBytes, answer);
        }
    }

    // ---- coming in ----

    /** The message that a frame names. With the turn to read. */
    public InBody open(int section, long offset, int lengthBytes) throws ProtocolViolation {
        if (section != ControlRecord.DIRECT) {
            return peerSections.open(section, offset, lengthBytes);
        }
        if (borrower != null) {
            return borrower.open(offset, lengthBytes);
        }
        return requireLender("body").open(offset, lengthBytes);
    }

    public void onAnnouncement(Announcement offered, int descriptor) throws ProtocolViolation {
        peerSections.onAnnouncement(offered, descriptor);
    }

    /** A record of the peer's transport. With the turn to read. */
    public void onControl(ControlRecord record) throws ProtocolViolation {
        switch (record.operation()) {
            case ControlRecord.READY -> ownSections.onAnswer(record.section(), true);
            case ControlRecord.REFUSED -> ownSections.onAnswer(record.section(), false);
            case ControlRecord.RELEASE -> onRelease(record);
            case ControlRecord.GONE -> peerSections.onGone(record.section());
            case ControlRecord.WISH -> requireLender("WISH").onWish(record.section(), record.offset());
            case ControlRecord.UNUSED -> requireLender("UNUSED").onUnused(record.offset());
            case ControlRecord.UNREACHABLE -> requireLender("UNREACHABLE").onUnreachable();
            case ControlRecord.LENT -> requireBorrower("LENT").onLent(record.section(), record.offset());
            case ControlRecord.NOT_LENT -> requireBorrower("NOT_LENT").onNotLent(record.section());
            default -> throw new ProtocolViolation("control record unknown: " + record);
        }
    }

    private void onRelease(ControlRecord record) throws ProtocolViolation {
        if (record.section() == ControlRecord.DIRECT) {
            requireLender("RELEASE").onRelease(record.offset());
        } else {
            ownSections.onRelease(record.section(), record.offset());
        }
    }

    private Lender requireLender(String what) throws ProtocolViolation {
        if (lender == null) {
            throw new ProtocolViolation(what + " for lent memory to a side that lends none");
        }
        return lender;
    }

    private Borrower requireBorrower(String what) throws ProtocolViolation {
        if (borrower == null) {
            throw new ProtocolViolation(what + " to a side that wished for nothing");
        }
        return borrower;
    }

    // ---- the end ----

    /**
     * Unmaps and frees everything, now or when the server is out of lent memory. The caller guarantees that no thread
     * of ours touches any of it any more.
     *
     * @param afterwards closes what this needs until then: the outboxes and the peer's process descriptor
     */
    public void close(Runnable afterwards) {
        if (borrower != null) {
            borrower.close();
        }
        ownSections.close();
        peerSections.close();
        closeLender(afterwards, FIRST_LOOK_NANOS);
    }

    private void closeLender(Runnable afterwards, long nextLookNanos) {
        if (lender != null && !lender.withdraw()) {
            CompletableFuture.delayedExecutor(nextLookNanos, TimeUnit.NANOSECONDS, terms.background())
                    .execute(() -> closeLender(afterwards, Math.min(LONGEST_LOOK_NANOS, 2 * nextLookNanos)));
            return;
        }
        if (lender != null) {
            lender.close();
        }
        afterwards.run();
    }
}
