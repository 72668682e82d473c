package dev.homeport.call;

import dev.homeport.spi.ProtocolViolation;

/**
 * What the peer may still send in one call. It is granted more as messages are delivered; without this check only
 * its good will would bound the heap. One thread at a time receives (it has the turn), one at a time grants.
 */
final class InboundWindow {
    /** Cost of what was granted back so far; wraps. Written by who delivers. */
    private volatile int grantedBytes;
    /** Cost of what has arrived so far; wraps. Guarded by the turn to read. */
    private int receivedBytes;

    /** A message has arrived. The last one may pass the end of the window, as the sender's rule says. */
    void received(int call, int lengthBytes) throws ProtocolViolation {
        int outstanding = receivedBytes - grantedBytes;
        if (outstanding >= CallWindow.BYTES) {
            throw new ProtocolViolation("window exceeded: call=" + call + ", outstandingBytes=" + outstanding
                    + ", windowBytes=" + CallWindow.BYTES);
        }
        receivedBytes += CallOutbound.windowCost(lengthBytes);
    }

    /** Before WINDOW is sent: the peer may answer it at once. */
    void granted(int bytes) {
        grantedBytes += bytes;
    }
}
