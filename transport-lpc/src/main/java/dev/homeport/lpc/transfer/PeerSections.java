package dev.homeport.lpc.transfer;

import dev.homeport.lpc.memory.BadDescriptor;
import dev.homeport.lpc.memory.Outbox;
import dev.homeport.lpc.memory.PeerSection;
import dev.homeport.spi.InBody;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.Technique;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The sections that the peer writes and this side reads. Announced ones are checked and mapped, within the
 * bounds of the connection and of the peer's user; blocks in them are held until they are released, in any
 * order. Any thread.
 */
public final class PeerSections {
    private static final Logger LOG = Logger.getLogger(PeerSections.class.getName());
    /** Blocks of at least this size are released with a doorbell, so that their memory can be given back. */
    private static final int RING_FOR_BYTES = 1024 * 1024;

    private final Pathway pathway;
    private final Outbox own;
    private final int peerUid;

    /** Guards everything below. */
    private final Object lock = new Object();
    private final Map<Integer, Mapped> sections = new HashMap<>();
    private int expectedNumber;
    private long totalBytes;
    private int heldBlocks;
    private boolean closed;

    /** A section and its blocks in use: where they begin, where they end. */
    private record Mapped(PeerSection section, TreeMap<Long, Long> held) {}

    /** @param peerUid whose bound the sections count for */
    public PeerSections(Pathway pathway, Outbox own, int peerUid) {
        this.pathway = pathway;
        this.own = own;
        this.peerUid = peerUid;
    }

    /**
     * The peer offers a section. It is mapped and confirmed, or refused because a bound of ours is reached or this
     * process has no address space for it.
     *
     * @param descriptor stays the caller's to close
     * @throws ProtocolViolation if it is not what a section must be, or more than any peer may offer
     */
    public void onAnnouncement(Announcement offered, int descriptor) throws ProtocolViolation {
        boolean ready;
        synchronized (lock) {
            if (closed) {
                return;
            }
            check(offered);
            expectedNumber++;
            ready = UserBytes.tryTake(peerUid, offered.sizeBytes()) && tryMap(offered, descriptor);
        }
        pathway.sendControl(
                new ControlRecord(ready ? ControlRecord.READY : ControlRecord.REFUSED, offered.section(), 0), true);
    }

    private void check(Announcement offered) throws ProtocolViolation {
        if (offered.section() != expectedNumber
                || expectedNumber >= Bounds.MAX_ANNOUNCED
                || sections.size() >= Bounds.MAX_SECTIONS
                || offered.sizeBytes() < Bounds.MIN_SECTION_BYTES
                || offered.sizeBytes() > Bounds.MAX_CONNECTION_BYTES - totalBytes) {
            throw new ProtocolViolation("section out of bounds: section=" + offered.section() + ", expected="
                    + expectedNumber + ", sizeBytes=" + offered.sizeBytes() + ", mappedBytes=" + totalBytes
                    + ", sections=" + sections.size());
        }
    }

    private boolean tryMap(Announcement offered, int descriptor) throws ProtocolViolation {
        try {
            PeerSection section = PeerSection.map(descriptor, offered.sizeBytes(), own);
            sections.put(offered.section(), new Mapped(section, new TreeMap<>()));
            totalBytes += offered.sizeBytes();
            return true;
        } catch (BadDescriptor e) {
            UserBytes.giveBack(peerUid, offered.sizeBytes());
            if (e.kind() == BadDescriptor.Kind.NOT_MAPPABLE) {
                // It passed every check: what is missing is ours.
                LOG.log(Level.FINE, "section of the peer refused", e);
                return false;
            }
            throw new ProtocolViolation("section's descriptor is not as it must be: " + e.getMessage());
        }
    }

    /** The message that a frame names. With the turn to read. */
    public InBody open(int number, long offset, int lengthBytes) throws ProtocolViolation {
        synchronized (lock) {
            Mapped mapped = sections.get(number);
            if (mapped == null || offset < 0 || offset > mapped.section.sizeBytes() - lengthBytes || lengthBytes <= 0) {
                throw new ProtocolViolation("body out of bounds: section=" + number + ", offset=" + offset
                        + ", lengthBytes=" + lengthBytes);
            }
            long end = offset + lengthBytes;
            Map.Entry<Long, Long> before = mapped.held.lowerEntry(end);
            if (before != null && before.getValue() > offset) {
                throw new ProtocolViolation("body overlaps another: section=" + number + ", offset=" + offset
                        + ", lengthBytes=" + lengthBytes + ", other=" + before.getKey());
            }
            if (heldBlocks >= Bounds.MAX_HELD_BLOCKS) {
                throw new ProtocolViolation("too many bodies: held=" + heldBlocks);
            }
            if (!pathway.enter()) {
                throw new ProtocolViolation("the connection is closing");
            }
            mapped.held.put(offset, end);
            heldBlocks++;
            return new Held(number, mapped, offset, lengthBytes);
        }
    }

    /** The peer has given a section up. */
    public void onGone(int number) throws ProtocolViolation {
        synchronized (lock) {
            Mapped mapped = sections.get(number);
            if (mapped == null || !mapped.held.isEmpty()) {
                throw new ProtocolViolation("section given up in use or unknown: section=" + number);
            }
            sections.remove(number);
            unmap(mapped);
        }
    }

    private void unmap(Mapped mapped) {
        totalBytes -= mapped.section.sizeBytes();
        UserBytes.giveBack(peerUid, mapped.section.sizeBytes());
        mapped.section.close();
    }

    /** Unmaps everything. The caller guarantees that nobody holds a block any more. */
    public void close() {
        synchronized (lock) {
            closed = true;
            sections.values().forEach(this::unmap);
            sections.clear();
        }
    }

    private void released(Held block) {
        synchronized (lock) {
            block.mapped.held.remove(block.offset);
            heldBlocks--;
        }
        pathway.sendControl(
                new ControlRecord(ControlRecord.RELEASE, block.number, block.offset),
                block.lengthBytes >= RING_FOR_BYTES);
        pathway.leave();
    }

    /** A block in use. */
    private final class Held implements InBody {
        private final int number;
        private final Mapped mapped;
        private final long offset;
        private final int lengthBytes;
        private final AtomicBoolean released = new AtomicBoolean();

        Held(int number, Mapped mapped, long offset, int lengthBytes) {
            this.number = number;
            this.mapped = mapped;
            this.offset = offset;
            this.lengthBytes = lengthBytes;
        }

        @Override
        public ByteBuffer buffer() {
            return mapped.section.segment().asSlice(offset, lengthBytes).asByteBuffer();
        }

        @Override
        public void copyTo(byte[] into) {
            MemorySegment.copy(mapped.section.segment(), ValueLayout.JAVA_BYTE, offset, into, 0, lengthBytes);
        }

        @Override
        public InputStream stream() {
            return new BufferInput(buffer());
        }

        @Override
        public Technique technique() {
            return Technique.SECTION;
        }

        @Override
        public int lengthBytes() {
            return lengthBytes;
        }

        @Override
        public boolean isReleased() {
            return released.get();
        }

        @Override
        public void release() {
            if (released.compareAndSet(false, true)) {
                released(this);
            }
        }
    }

    /** Bytes mapped for the peer. */
    public long totalBytes() {
        synchronized (lock) {
            return totalBytes;
        }
    }

}
