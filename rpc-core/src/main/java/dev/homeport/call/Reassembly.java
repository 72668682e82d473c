package dev.homeport.call;

import dev.homeport.frame.FrameLayout;
import dev.homeport.spi.ProtocolViolation;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A long frame that arrives in pieces. Memory grows with what arrived, not with what was announced.
 * Guarded by the turn to read.
 */
final class Reassembly {
    /** Memory taken for a first piece, in pieces of its length: pieces are alike, and a small one must cost us little. */
    private static final int FIRST_PIECES = 8;
    /** What an array can hold in every JVM. */
    private static final long MAX_BYTES = Integer.MAX_VALUE - 8;

    private final int totalBytes;
    private byte[] bytes;
    private int filledBytes;
    /** Null while it is short, or where nothing bounds the sum. */
    private volatile @Nullable QueueShare share;

    Reassembly(byte[] firstPiece, int length, long totalBytes) throws ProtocolViolation {
        if (length >= totalBytes || totalBytes > MAX_BYTES) {
            throw new ProtocolViolation("fragmented frame is whole or too long: pieceBytes=" + length + ", totalBytes=" + totalBytes);
        }
        this.totalBytes = (int) totalBytes;
        this.bytes = Arrays.copyOf(firstPiece, (int) Math.min(totalBytes, (long) FIRST_PIECES * length));
        this.filledBytes = length;
        bytes[FrameLayout.FLAGS] &= ~FrameLayout.FLAG_FRAGMENTED;
    }

    /**
     * Adds what a FRAGMENT frame carries.
     *
     * @param user whose bound the bytes count for, or null
     * @return false if that user has no more room; nothing was added then
     */
    boolean add(byte[] frame, int length, @Nullable UserQueue user) throws ProtocolViolation {
        int piece = length - FrameLayout.HEADER_BYTES;
        if (piece <= 0 || piece > totalBytes - filledBytes) {
            throw new ProtocolViolation("fragment too long or empty: pieceBytes=" + piece
                    + ", missingBytes=" + (totalBytes - filledBytes));
        }
        if (filledBytes + piece > bytes.length) {
            int grown = (int) Math.min(totalBytes, Math.max(2L * bytes.length, filledBytes + (long) piece));
            if (user != null && !mayKeep(user, grown)) {
                return false;
            }
            bytes = Arrays.copyOf(bytes, grown);
        }
        System.arraycopy(frame, FrameLayout.HEADER_BYTES, bytes, filledBytes, piece);
        filledBytes += piece;
        return true;
    }

    /** Whether the first piece may be kept, by the bound of that user. */
    boolean mayBegin(@Nullable UserQueue user) {
        return user == null || mayKeep(user, bytes.length);
    }

    private boolean mayKeep(UserQueue user, int keptBytes) {
        QueueShare own = share;
        if (own == null) {
            own = new QueueShare(user);
            share = own;
        }
        return own.tryGrow(keptBytes);
    }

    /** The bytes are handed on, or nobody waits for the rest. Any thread; quiet when done twice. */
    void giveUp() {
        QueueShare own = share;
        if (own != null) {
            own.close();
        }
    }

    boolean isComplete() {
        return filledBytes == totalBytes;
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return totalBytes;
    }
}
