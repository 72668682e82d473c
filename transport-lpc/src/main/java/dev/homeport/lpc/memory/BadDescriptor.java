package dev.homeport.lpc.memory;

/**
 * A descriptor from the peer is not the sealed memory it must be. Expected of a hostile or broken peer;
 * nothing was mapped that is still mapped. Has no stack trace: the facts are in the message.
 */
public final class BadDescriptor extends Exception {
    private static final long serialVersionUID = 1;

    private final Kind kind;

    /** What is wrong with it. */
    public enum Kind {
        /** Not open, or the kernel tells nothing of it. */
        NOT_OPEN,
        /** A pipe, socket, device, directory. */
        NOT_A_FILE,
        /** On a disk, in huge pages, or in memory of a kind that cannot be sealed. */
        NOT_PLAIN_MEMORY,
        /** Opened for writing only. */
        NOT_READABLE,
        /** At least one of the four seals is missing. */
        NOT_SEALED,
        /** Not exactly as large as was said. */
        WRONG_SIZE,
        /** Not all its pages are there: touching the rest could fail, or be charged to us. */
        SPARSE,
        /** Memory of our own that was sent back. */
        OUR_OWN,
        /** The kernel refuses to map it. */
        NOT_MAPPABLE,
        /** Its first bytes are not those of an outbox. */
        WRONG_MAGIC
    }

    BadDescriptor(Kind kind, String facts) {
        super("bad descriptor, " + kind + ": " + facts, null, false, false);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
