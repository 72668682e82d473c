package dev.homeport.lpc.transfer;

import dev.homeport.lpc.memory.Section;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.DeclineReason;
import dev.homeport.spi.OutBody;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.Technique;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The sections that this side writes. A message that finds no room is declined at once and travels another
 * way; meanwhile a section is made for those that follow, up to the bounds, off the sender's thread. Any
 * thread; the lock is held for a few list operations.
 *
 * <pre>
 *   made ──announced──► ANNOUNCED ──READY──► READY ──idle──► gone
 *                           └─────REFUSED────────────────────►
 * </pre>
 */
public final class OwnSections {
    private static final Logger LOG = Logger.getLogger(OwnSections.class.getName());
    private static final long KEPT_BYTES = Bounds.FIRST_SECTION_BYTES;

    private final Pathway pathway;
    private final Executor maker;
    private final int peerUid;

    private final BodyCounters counters;

    /** Guards everything below. Nothing is called under it but {@link BlockList}. */
    private final Object lock = new Object();
    private final List<Live> live = new ArrayList<>();
    private int announced;
    private long totalBytes;
    private boolean making;
    private boolean refused;
    private boolean closed;
    /** Why no section could be made, until a message was declined for it. */
    private @Nullable String failure;

    /** A section in use. Guarded by the lock. */
    private static final class Live {
        final int number;
        final Section section;
        final BlockList blocks;
        boolean ready;
        long usedNanos = System.nanoTime();

        Live(int number, Section section) {
            this.number = number;
            this.section = section;
            this.blocks = new BlockList(section.sizeBytes());
        }
    }

    /**
     * @param maker runs what takes long: making a section touches all its memory
     * @param peerUid whose bound the sections count for: a peer that asks for large replies takes our memory
     * @param counters told of what is declined
     */
    public OwnSections(Pathway pathway, Executor maker, int peerUid, BodyCounters counters) {
        this.pathway = pathway;
        this.maker = maker;
        this.peerUid = peerUid;
        this.counters = counters;
    }

    /** Makes a section ahead of need. */
    public void prepare(long sizeBytes) {
        if (sizeBytes > 0) {
            synchronized (lock) {
                beginMaking(Math.min(sizeBytes, Bounds.MAX_PREPARED_BYTES));
            }
        }
    }

    /** Space for a message, or null. */
    public @Nullable OutBody tryAllocate(int lengthBytes) {
        synchronized (lock) {
            for (Live candidate : live) {
                long offset = candidate.ready ? candidate.blocks.allocate(lengthBytes) : BlockList.NONE;
                if (offset != BlockList.NONE && !pathway.enter()) {
                    candidate.blocks.release(offset);
                    return null;
                }
                if (offset != BlockList.NONE) {
                    candidate.usedNanos = System.nanoTime();
                    return new Block(candidate, offset, lengthBytes);
                }
            }
            decline(lengthBytes);
        }
        return null;
    }

    private void decline(int lengthBytes) {
        long needed = BlockList.rounded(lengthBytes);
        if (closed) {
            decline(DeclineReason.CLOSING, "the connection is closing");
        } else if (refused) {
            decline(DeclineReason.PEER_REFUSED, "the peer refused a section");
        } else if (needed > Bounds.MAX_CONNECTION_BYTES - totalBytes || live.size() >= Bounds.MAX_SECTIONS) {
            decline(DeclineReason.BOUND_REACHED,
                    "bound reached: sectionBytes=" + totalBytes + ", messageBytes=" + lengthBytes);
        } else {
            boolean failed = failure != null;
            decline(failed ? DeclineReason.NO_MEMORY : DeclineReason.NO_ROOM_YET,
                    failed ? failure : "no section had room yet: messageBytes=" + lengthBytes);
            failure = null;
            long wanted = Math.max(Bounds.FIRST_SECTION_BYTES, 2 * Long.highestOneBit(2 * needed - 1));
            beginMaking(Math.max(needed, Math.min(wanted, Bounds.MAX_CONNECTION_BYTES - totalBytes)));
        }
    }

    private void decline(DeclineReason reason, String detail) {
        counters.countDeclined(Technique.SECTION, reason, detail);
    }

    private void beginMaking(long sizeBytes) {
        if (making || closed || announced >= Bounds.MAX_ANNOUNCED) {
            return;
        }
        long rounded = Math.max(Bounds.MIN_SECTION_BYTES, sizeBytes + 4095 & -4096L);
        if (!UserBytes.tryTake(peerUid, rounded)) {
            failure = "bound of the peer's user reached: uid=" + peerUid + ", sectionBytes=" + rounded;
            return;
        }
        making = true;
        totalBytes += rounded;
        maker.execute(() -> make(rounded));
    }

    private void make(long sizeBytes) {
        Section section = null;
        if (pathway.enter()) {
            try {
                section = Section.create(sizeBytes);
                section = announce(section) ? section : null;
            } catch (IOException e) {
                LOG.log(Level.FINE, "no section", e);
                refuse("no memory for a section: " + e.getMessage());
            } finally {
                pathway.leave();
            }
        }
        if (section == null) {
            synchronized (lock) {
                making = false;
                giveBack(sizeBytes);
            }
        }
    }

    private void refuse(String why) {
        synchronized (lock) {
            failure = why;
        }
    }

    private boolean announce(Section section) {
        Live made;
        synchronized (lock) {
            if (closed) {
                section.close();
                return false;
            }
            made = new Live(announced, section);
        }
        if (!pathway.announce(new Announcement(made.number, section.sizeBytes()), section.descriptor())) {
            section.close();
            return false;
        }
        section.closeDescriptor();
        synchronized (lock) {
            announced++;
            live.add(made);
            making = false;
            if (totalBytes > KEPT_BYTES) {
                trimLater();
            }
            if (closed) {
                give(made);
            } else if (answeredEarly == made.number) {
                made.ready = earlyAnswer;
                answeredEarly = -1;
                if (!earlyAnswer) {
                    give(made);
                }
            }
        }
        return true;
    }

    /** The peer may answer before {@link #announce} has noted the section. */
    private int answeredEarly = -1;
    private boolean earlyAnswer;

    /** The peer has answered an announcement. */
    public void onAnswer(int number, boolean ready) throws ProtocolViolation {
        synchronized (lock) {
            refused |= !ready;
            for (Live section : live) {
                if (section.number == number && !section.ready) {
                    section.ready = ready;
                    if (!ready) {
                        give(section);
                    }
                    return;
                }
            }
            if (!making || number != announced) {
                throw new ProtocolViolation("answer to no section: section=" + number);
            }
            answeredEarly = number;
            earlyAnswer = ready;
        }
    }

    /** The peer is done with a block. */
    public void onRelease(int number, long offset) throws ProtocolViolation {
        synchronized (lock) {
            for (Live section : live) {
                if (section.number == number && section.blocks.release(offset)) {
                    return;
                }
            }
        }
        throw new ProtocolViolation("release of no block: section=" + number + ", offset=" + offset);
    }

    private void give(Live section) {
        live.remove(section);
        giveBack(section.section.sizeBytes());
        section.section.close();
    }

    private void giveBack(long sizeBytes) {
        totalBytes -= sizeBytes;
        UserBytes.giveBack(peerUid, sizeBytes);
    }

    private void trimLater() {
        CompletableFuture.delayedExecutor(Bounds.IDLE_NANOS, TimeUnit.NANOSECONDS, maker).execute(() -> {
            trim(System.nanoTime());
            synchronized (lock) {
                if (!closed && totalBytes > KEPT_BYTES) {
                    trimLater();
                }
            }
        });
    }

    /** Gives back sections that have not been used for long, down to what an idle connection may keep. */
    void trim(long nowNanos) {
        List<Integer> gone = new ArrayList<>();
        synchronized (lock) {
            for (Iterator<Live> i = List.copyOf(live).iterator(); i.hasNext() && totalBytes > KEPT_BYTES; ) {
                Live section = i.next();
                if (section.ready && section.blocks.isUnused()
                        && nowNanos - section.usedNanos > Bounds.IDLE_NANOS) {
                    give(section);
                    gone.add(section.number);
                }
            }
        }
        gone.forEach(number -> pathway.sendControl(new ControlRecord(ControlRecord.GONE, number, 0), true));
    }

    /** Bytes of all sections. */
    public long totalBytes() {
        synchronized (lock) {
            return totalBytes;
        }
    }

    /** Unmaps everything. The caller guarantees that nobody writes a block any more. */
    public void close() {
        synchronized (lock) {
            closed = true;
            List.copyOf(live).forEach(this::give);
        }
    }

    /** A block that is being written. */
    private final class Block implements OutBody {
        private final Live home;
        private final long offset;
        private final int lengthBytes;
        /** The buffer may be written; the mappings are kept for that. */
        private boolean writing = true;

        Block(Live home, long offset, int lengthBytes) {
            this.home = home;
            this.offset = offset;
            this.lengthBytes = lengthBytes;
        }

        @Override
        public ByteBuffer buffer() {
            return home.section.segment().asSlice(offset, lengthBytes).asByteBuffer();
        }

        @Override
        public OutputStream stream() {
            return new BufferOutput(buffer());
        }

        @Override
        public Technique technique() {
            return Technique.SECTION;
        }

        @Override
        public void written() {
            if (writing) {
                writing = false;
                pathway.leave();
            }
        }

        @Override
        public int section() {
            return home.number;
        }

        @Override
        public long offset() {
            return offset;
        }

        @Override
        public void discard() {
            synchronized (lock) {
                home.blocks.release(offset);
            }
            written();
        }
    }
}
