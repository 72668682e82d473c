package dev.homeport.call;

import io.grpc.Metadata;
import io.grpc.Status;

/**
 * How a call ended for its caller.
 *
 * @param discardsMessages messages not yet delivered are dropped
 * @param toldAtOnce its stream tracers hear of it where it happens; else behind the messages before it
 * @param unseen no handler saw the call, nor will: it may be started elsewhere
 * @param isOwn the end came from this side, and the peer is to hear of it
 */
record Ending(
        Status status, Metadata trailers, boolean discardsMessages, boolean toldAtOnce, boolean unseen, boolean isOwn) {
    /** This side ends the call. */
    static Ending local(Status status) {
        return new Ending(status, new Metadata(), true, true, false, true);
    }

    /** The peer provably never acted on it. */
    static Ending unseen(Status status) {
        return new Ending(status, new Metadata(), true, true, true, true);
    }

    /** This side ends the call for what has come, once what came before that is delivered. */
    static Ending behindMessages(Status status) {
        return new Ending(status, new Metadata(), false, false, false, true);
    }

    /** The peer's reply ends it. */
    static Ending replied(Status status, Metadata trailers) {
        return new Ending(status, trailers, false, false, false, false);
    }

    /** This side ends a call whose end is there, but not all that came before it delivered. */
    Ending overReply() {
        return new Ending(status, trailers, discardsMessages, false, false, isOwn);
    }
}
