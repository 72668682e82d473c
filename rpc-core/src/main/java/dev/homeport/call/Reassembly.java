package dev.homeport.call;

import dev.homeport.frame.FrameLayout;
import dev.homeport.spi.ProtocolViolation;
import java.util.Arrays;

/**
 * A long frame that arrives in pieces. Memory grows with what arrived, not with what was announced.
 * Guarded by the turn to read.
 */
final class Reassembly {
    private static final int FIRST_BYTES = 64 * 1024;

    private final int totalBytes;
    private byte[] bytes;
    private int filledBytes;

    Reassembly(byte[] firstPiece, int length, int totalBytes) throws ProtocolViolation {
        if (length >= totalBytes) {
            throw new ProtocolViolation("fragmented frame is whole: pieceBytes=" + length + ", totalBytes=" + totalBytes);
        }
        this.totalBytes = totalBytes;
        this.bytes = Arrays.copyOf(firstPiece, Math.min(totalBytes, Math.max(FIRST_BYTES, length)));
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
