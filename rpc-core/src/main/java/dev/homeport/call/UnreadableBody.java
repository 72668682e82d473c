package dev.homeport.call;

/** A large message is in memory of the peer that can no longer be read. Says so with the kernel's word; no stack trace. */
final class UnreadableBody extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnreadableBody(String facts) {
        super(facts, null, false, false);
    }
}
