package dev.homeport.examples.host;

import dev.homeport.Peer;

/**
 * Whom something is shown to, by the kernel's word on the caller. Nothing that the caller sends takes part.
 *
 * @param uid its user; {@link Peer#UNKNOWN} for a caller that the kernel does not vouch for
 */
record Viewer(int uid) {
    private static final int ROOT = 0;

    static Viewer of(Peer peer) {
        return new Viewer(peer.isIdentified() ? peer.uid() : Peer.UNKNOWN);
    }

    boolean isRoot() {
        return uid == ROOT;
    }

    /** Whether this process may be shown in detail. */
    boolean sees(ProcessIdentity process) {
        return isRoot() || uid != Peer.UNKNOWN && process.belongsTo(uid);
    }
}
