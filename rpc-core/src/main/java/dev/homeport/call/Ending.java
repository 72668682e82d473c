package dev.homeport.call;

import io.grpc.Metadata;
import io.grpc.Status;

/**
 * How a call ended for its caller.
 *
 * @param discardsMessages messages not yet delivered are dropped: the end came from this side
 * @param unseen no handler saw the call, nor will: it may be started elsewhere
 * @param toldAtOnce its stream tracers hear of it where it happens; else behind the messages before it
 */
record Ending(Status status, Metadata trailers, boolean discardsMessages, boolean toldAtOnce, boolean unseen) {
    /** This side ends the call. */
    static Ending local(Status status) {
        return new Ending(status, new Metadata(), true, true, false);
    }

    /** The peer provably never acted on it. */
    static Ending unseen(Status status) {
        return new Ending(status, new Metadata(), true, true, true);
    }

    /** The peer's reply ends it. */
    static Ending replied(Status status, Metadata trailers) {
        return new Ending(status, trailers, false, false, false);
    }

    /** This side ends a call whose reply is in, but not all delivered. */
    Ending overReply() {
        return new Ending(status, trailers, discardsMessages, false, false);
    }
}
