package dev.homeport.call;

import dev.homeport.frame.FrameLayout;
import dev.homeport.spi.ProtocolViolation;
import java.util.Arrays;

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

    Reassembly(byte[] firstPiece, int length, long totalBytes) throws ProtocolViolation {
        if (length >= totalBytes || totalBytes > MAX_BYTES) {
            throw new ProtocolViolation("fragmented frame is whole or too long: pieceBytes=" + length + ", totalBytes=" + totalBytes);
        }
        this.totalBytes = (int) totalBytes;
        this.bytes = Arrays.copyOf(firstPiece, (int) Math.min(totalBytes, (long) FIRST_PIECES * length));
        this.filledBytes = length;
        bytes[FrameLayout.FLAGS] &= ~FrameLayout.FLAG_FRAGMENTED;
    }

    /** Adds what a FRAGMENT frame carries. */
    void add(byte[] frame, int length) throws ProtocolViolation {
        int piece = length - FrameLayout.HEADER_BYTES;
        if (piece <= 0 || piece > totalBytes - filledBytes) {
            throw new ProtocolViolation("fragment too long or empty: pieceBytes=" + piece
                    + ", missingBytes=" + (totalBytes - filledBytes));
        }
        if (filledBytes + piece > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(totalBytes, Math.max(2L * bytes.length, filledBytes + (long) piece)));
        }
        System.arraycopy(frame, FrameLayout.HEADER_BYTES, bytes, filledBytes, piece);
        filledBytes += piece;
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
